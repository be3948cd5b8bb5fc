{{/*
A generated value that is kept: what the Secret already holds, else 48 random letters and digits, a
letter first, because nats-server parses a value that begins like a number as one.
Takes {root, secret, key}; returns it in base64. `helm template` and dry runs see no cluster, so they
generate a new one each time.
*/}}
{{- define "ovation.kept" -}}
{{- $existing := lookup "v1" "Secret" .root.Release.Namespace .secret -}}
{{- $data := dict -}}
{{- if $existing -}}{{- $data = default dict $existing.data -}}{{- end -}}
{{- if hasKey $data .key -}}
{{ get $data .key }}
{{- else -}}
{{ printf "%s%s" (randAlpha 1) (randAlphaNum 47) | b64enc }}
{{- end -}}
{{- end -}}

{{- define "ovation.settingVariable" -}}
OVATION_{{ . | upper | replace "-" "_" }}
{{- end -}}

{{/* The Secret with the key that signs viewers' tokens; empty when gateways have other keys, or none. */}}
{{- define "ovation.authSecret" -}}
{{- if .Values.auth.existingSecret -}}
{{ .Values.auth.existingSecret }}
{{- else if .Values.auth.generate -}}
{{ include "ovation.fullname" . }}-auth
{{- end -}}
{{- end -}}
