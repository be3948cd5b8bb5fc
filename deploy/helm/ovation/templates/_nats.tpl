{{/* The URLs, users and logins of NATS. */}}

{{- define "ovation.nats.name" -}}
{{ include "ovation.fullname" . }}-nats
{{- end -}}

{{/* The chart's own servers by name: the client tries each of them. */}}
{{- define "ovation.nats.url" -}}
{{- if .Values.nats.url -}}
{{ .Values.nats.url }}
{{- else -}}
{{- $urls := list -}}
{{- range $host := include "ovation.nats.hosts" . | fromJsonArray -}}
{{- $urls = append $urls (printf "%s://%s:4222" (ternary "tls" "nats" (ne $.Values.nats.tls.secretName "")) $host) -}}
{{- end -}}
{{- join "," $urls -}}
{{- end -}}
{{- end -}}

{{/* The names of the chart's own servers, as JSON. */}}
{{- define "ovation.nats.hosts" -}}
{{- $name := include "ovation.nats.name" . -}}
{{- $hosts := list -}}
{{- range $index := until (int .Values.nats.replicas) -}}
{{- $hosts = append $hosts (printf "%s-%d.%s-headless.%s.svc" $name $index $name $.Release.Namespace) -}}
{{- end -}}
{{- toJson $hosts -}}
{{- end -}}

{{/* The ports of those URLs, as JSON. */}}
{{- define "ovation.nats.ports" -}}
{{- $ports := list -}}
{{- range $server := include "ovation.nats.url" . | splitList "," -}}
{{- $port := regexFind ":[0-9]+$" ($server | trim | trimSuffix "/") | trimPrefix ":" | default "4222" -}}
{{- $ports = append $ports (int $port) -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}

{{/* How many replicas streams and buckets have: 3 if there are that many servers. */}}
{{- define "ovation.nats.copies" -}}
{{- if and (not .Values.nats.url) (lt (int .Values.nats.replicas) 3) -}}1{{- else -}}3{{- end -}}
{{- end -}}

{{/* The users in the configuration of NATS, as JSON; each one's password comes from a variable. */}}
{{- define "ovation.nats.users" -}}
{{- $users := list -}}
{{- range $variable := regexFindAll "\\$NATS_[A-Z]+_PASSWORD" (.Files.Get "files/users.conf") -1 -}}
{{- $users = append $users ($variable | trimPrefix "$NATS_" | trimSuffix "_PASSWORD" | lower) -}}
{{- end -}}
{{- range .Values.nats.publishers -}}
{{- if has . (append $users "route") -}}
{{- fail (printf "nats.publishers: there is a user %s already" .) -}}
{{- end -}}
{{- $users = append $users . -}}
{{- end -}}
{{- $users | uniq | toJson -}}
{{- end -}}

{{/* The Secret with each user's login; empty when there is no login. */}}
{{- define "ovation.nats.loginSecret" -}}
{{- $login := .Values.nats.login -}}
{{- if $login.existingSecret -}}
{{ $login.existingSecret }}
{{- else if not .Values.nats.url -}}
{{ include "ovation.nats.name" . }}-users
{{- end -}}
{{- if and (ne $login.kind "password") (not .Values.nats.url) -}}
{{- fail "nats.login.kind: the chart's own NATS supports only passwords; see nats.url" -}}
{{- end -}}
{{- end -}}

{{/* The Secret with the authority of NATS's certificate; empty without TLS. */}}
{{- define "ovation.nats.caSecret" -}}
{{- $own := ternary "" .Values.nats.tls.secretName (ne .Values.nats.url "") -}}
{{ .Values.nats.caSecret | default $own }}
{{- end -}}

{{/* The settings for a user's login, as JSON. Takes {root, user}. */}}
{{- define "ovation.nats.login" -}}
{{- $login := .root.Values.nats.login -}}
{{- $settings := dict -}}
{{- if include "ovation.nats.loginSecret" .root -}}
{{- if eq $login.kind "password" -}}
{{- $_ := set $settings "nats-user" .user -}}
{{- end -}}
{{- $flags := dict "password" "nats-password-file" "creds" "nats-creds-file" "nkey" "nats-nkey-file" -}}
{{- $_ := set $settings (get $flags $login.kind) "/etc/ovation/nats/login" -}}
{{- end -}}
{{- if include "ovation.nats.caSecret" .root -}}
{{- $_ := set $settings "nats-tls-ca-file" "/etc/ovation/nats/ca.crt" -}}
{{- end -}}
{{- toJson $settings -}}
{{- end -}}

{{/* The volume with those files: only the user's own part of the logins' Secret. Takes {root, user}. */}}
{{- define "ovation.nats.loginVolume" -}}
{{- $secret := include "ovation.nats.loginSecret" .root -}}
{{- $ca := include "ovation.nats.caSecret" .root -}}
{{- if or $secret $ca -}}
- name: nats
  projected:
    defaultMode: 0440
    sources:
      {{- with $secret }}
      - secret:
          name: {{ . }}
          items: [{ key: {{ $.user }}, path: login }]
      {{- end }}
      {{- with $ca }}
      - secret:
          name: {{ . }}
          items: [{ key: ca.crt, path: ca.crt }]
      {{- end }}
{{- end -}}
{{- end -}}

{{- define "ovation.nats.loginMount" -}}
{{- if or (include "ovation.nats.loginSecret" .) (include "ovation.nats.caSecret" .) -}}
- { name: nats, mountPath: /etc/ovation/nats, readOnly: true }
{{- end -}}
{{- end -}}
