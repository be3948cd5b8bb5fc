{{/* The settings of the roles, as variables of their environment. */}}

{{/* Settings as variables. Takes a dict of them by flag. */}}
{{- define "ovation.variables" -}}
{{- range $name, $value := . }}
- name: {{ include "ovation.settingVariable" $name }}
  {{- /* Helm reads numbers as floats, which would print as 1e+06. */}}
  value: {{ if kindIs "float64" $value }}{{ if eq (floor $value) $value }}{{ $value | int64 | toString | quote }}{{ else }}{{ $value | toString | quote }}{{ end }}{{ else }}{{ $value | toString | quote }}{{ end }}
{{- end }}
{{- end -}}

{{/*
The prefix of all the gateways' paths, without a trailing slash; empty for none. It is that of the
Ingress or the HTTPRoute, which don't strip it; a setting takes precedence, for a proxy that does.
*/}}
{{- define "ovation.basePath" -}}
{{- $paths := list -}}
{{- range list .Values.ingress .Values.httpRoute -}}
{{- if .enabled -}}
{{- $paths = append $paths (trimSuffix "/" .path) -}}
{{- end -}}
{{- end -}}
{{- $given := merge dict .Values.gateway.settings .Values.settings -}}
{{- if hasKey $given "base-path" -}}
{{- $paths = list (get $given "base-path" | trimSuffix "/") -}}
{{- end -}}
{{- if gt (len (uniq $paths)) 1 -}}
{{- fail "ingress.path and httpRoute.path must be the same, since gateways have one base path" -}}
{{- end -}}
{{- first (append $paths "") -}}
{{- end -}}

{{/* The hosts that an open gateway is known by: the service's, the Ingress's and the HTTPRoute's. */}}
{{- define "ovation.hosts" -}}
{{- $service := printf "%s-gateway" (include "ovation.fullname" .) -}}
{{- $inNamespace := printf "%s.%s" $service .Release.Namespace -}}
{{- $hosts := list $service $inNamespace (printf "%s.svc" $inNamespace) (printf "%s.svc.cluster.local" $inNamespace) -}}
{{- if .Values.ingress.enabled -}}
{{- $hosts = concat $hosts .Values.ingress.hosts -}}
{{- end -}}
{{- if .Values.httpRoute.enabled -}}
{{- $hosts = concat $hosts .Values.httpRoute.hostnames -}}
{{- end -}}
{{- join "," (uniq $hosts) -}}
{{- end -}}

{{/*
The environment of a role. Takes {root, component, part, user}; the last, whom it logs in to NATS as, may
be missing: then it is the component.
*/}}
{{- define "ovation.environment" -}}
{{- $values := .root.Values -}}
{{- $copies := include "ovation.nats.copies" .root -}}
{{- $own := dict "nats-url" (include "ovation.nats.url" .root) "drain-ms" (mul 1000 $values.drain.seconds) "table-replicas" $copies "history-replicas" $copies "ops-host" "::" "ops-port" "9100" -}}
{{- with .part.trustedProxies -}}
{{- $_ := set $own "trusted-proxies" (join "," .) -}}
{{- end -}}
{{- with include "ovation.basePath" .root -}}
{{- if eq $.component "gateway" -}}
{{- $_ := set $own "base-path" . -}}
{{- end -}}
{{- end -}}
{{- if eq .component "hooks" -}}
{{- if .part.url -}}
{{- $_ := set $own "hooks-url" .part.url -}}
{{- $_ := set $own "hooks-secret-file" "/etc/ovation/hooks/secret" -}}
{{- else -}}
{{- $_ := set $own "hooks-file" "/etc/ovation/hooks/hooks.json" -}}
{{- end -}}
{{- end -}}
{{- $login := include "ovation.nats.login" (dict "root" .root "user" (default .component .user)) | fromJson -}}
{{- $settings := mergeOverwrite $own $login (deepCopy $values.settings) (deepCopy .part.settings) -}}
{{- range $reserved, $instead := dict "drain-ms" "drain.seconds" "ops-port" "" "ops-host" "" "port" "gateway.service.port" "nats-url" "nats.url" "trusted-proxies" "gateway.trustedProxies" "auth-secret" "auth" "auth-second-secret" "auth" "hooks-url" "hooks.url" "hooks-secret-file" "hooks.existingSecret" "hooks-file" "hooks.existingSecret" "nats-password" "nats.login" "nats-token" "gateway.envFromSecret" "otlp-headers" "gateway.envFromSecret" -}}
{{- if or (hasKey $values.settings $reserved) (hasKey $.part.settings $reserved) -}}
{{- fail (printf "settings: %s can't be set here%s" $reserved (ternary "" (printf "; see %s" $instead) (empty $instead))) -}}
{{- end -}}
{{- end -}}
{{- if and (eq (get $settings "open" | toString) "true") (not (hasKey $settings "allowed-hosts")) }}
{{- $_ := set $settings "allowed-hosts" (include "ovation.hosts" .root) }}
{{- end }}
{{- include "ovation.variables" $settings }}
{{- if eq .component "gateway" }}
{{- if and (eq (get $settings "open" | toString) "true") (include "ovation.authSecret" .root) }}
{{- fail "settings: open disables tokens; set auth.generate to false and leave auth.existingSecret empty" }}
{{- end }}
{{- with include "ovation.authSecret" .root }}
- name: OVATION_AUTH_SECRET
  valueFrom:
    secretKeyRef: { name: {{ . }}, key: OVATION_AUTH_SECRET }
# While it is replaced: docs/operations.md has the steps.
- name: OVATION_AUTH_SECOND_SECRET
  valueFrom:
    secretKeyRef: { name: {{ . }}, key: OVATION_AUTH_SECOND_SECRET, optional: true }
{{- end }}
{{- end }}
{{- with .part.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}
