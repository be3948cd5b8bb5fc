{{/*
A made-up value that stays: what the Secret has already, else 48 random letters and digits, a
letter first: nats-server takes for a number what begins like one.
Takes {root, secret, key}; gives it in base64. `helm template` and dry runs see no cluster, and so
make a new one each time.
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

{{/* The Secret with what viewers' tokens are signed with; empty where gateways have other keys, or none. */}}
{{- define "ovation.authSecret" -}}
{{- if .Values.auth.existingSecret -}}
{{ .Values.auth.existingSecret }}
{{- else if .Values.auth.generate -}}
{{ include "ovation.fullname" . }}-auth
{{- end -}}
{{- end -}}
