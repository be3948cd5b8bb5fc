{{/* How NATS is reached. */}}

{{- define "ovation.nats.name" -}}
{{ include "ovation.fullname" . }}-nats
{{- end -}}

{{/* The chart's own servers by name: the client tries each of them. */}}
{{- define "ovation.nats.url" -}}
{{- if .Values.nats.url -}}
{{ .Values.nats.url }}
{{- else -}}
{{- $name := include "ovation.nats.name" . -}}
{{- $urls := list -}}
{{- range $index := until (int .Values.nats.replicas) -}}
{{- $urls = append $urls (printf "nats://%s-%d.%s-headless.%s.svc:4222" $name $index $name $.Release.Namespace) -}}
{{- end -}}
{{- join "," $urls -}}
{{- end -}}
{{- end -}}

{{/* How many servers keep a copy: 3 where there are as many. */}}
{{- define "ovation.nats.copies" -}}
{{- if and (not .Values.nats.url) (lt (int .Values.nats.replicas) 3) -}}1{{- else -}}3{{- end -}}
{{- end -}}

{{/* The chart's own servers ask for a token. */}}
{{- define "ovation.nats.hasToken" -}}
{{- if and (not .Values.nats.url) .Values.nats.token.enabled -}}true{{- end -}}
{{- end -}}

{{- define "ovation.nats.tokenSecret" -}}
{{ default (printf "%s-token" (include "ovation.nats.name" .)) .Values.nats.token.existingSecret }}
{{- end -}}
