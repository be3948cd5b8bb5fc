{{/* Parts of the configuration of the chart's own NATS. */}}

{{- define "ovation.nats.tls" -}}
{{- if .Values.nats.tls.secretName -}}
tls {
  cert_file: /etc/nats-tls/tls.crt
  key_file: /etc/nats-tls/tls.key
  ca_file: /etc/nats-tls/ca.crt
}
{{- end -}}
{{- end -}}

{{/*
The accounts and users: those of deploy/nats/ovation.conf, with as many partitions as the dispatchers
have, and those that the values add.
*/}}
{{- define "ovation.nats.accounts" -}}
{{- $partitions := merge dict .Values.dispatcher.settings .Values.settings | dig "partitions" 64 | int -}}
{{- $text := .Files.Get "files/users.conf" | trim | trimSuffix "}" | replace "partition(64," (printf "partition(%d," $partitions) -}}
{{- $publishers := regexFind "(?ms)^  PUBLISHERS \\{$.*?^  \\}$" $text -}}
{{ $text }}
{{- range .Values.nats.publishers }}
{{ $publishers | replace "  PUBLISHERS {" (printf "  PUBLISHERS_%s {" (upper .)) | replace "user: publisher" (printf "user: %s" .) | replace "_INBOX.publisher." (printf "_INBOX.%s." .) | replace "$NATS_PUBLISHER_PASSWORD" (printf "$NATS_%s_PASSWORD" (upper .)) }}
{{- end }}
{{- with .Values.nats.config.accounts }}
{{ . | indent 2 }}
{{- end }}
}
{{- end -}}

{{/*
More lines of the file. NATS would go by only one of two blocks of a name, without a word: what the
chart writes itself is refused. Only the names at the outermost level count.
*/}}
{{- define "ovation.nats.extra" -}}
{{- $outer := regexReplaceAll "\"(\\w+)\"(\\s*[:={])" .Values.nats.config.extra "$1$2" -}}
{{- $outer = regexReplaceAll "\"[^\"]*\"|'[^']*'" $outer "" -}}
{{- $outer = regexReplaceAll "(?m)(#|//).*$" $outer "" -}}
{{- range until 16 -}}
{{- $outer = regexReplaceAll "[{\\[][^{}\\[\\]]*[}\\]]" $outer " " -}}
{{- end -}}
{{- range $name, $instead := dict "jetstream" "nats.config.jetstream and nats.storage" "accounts" "nats.config.accounts" "cluster" "nats.replicas" "tls" "nats.tls" "max_payload" "nats.config.maxPayload" "authorization" "nats.config.accounts" "system_account" "" "server_name" "" "listen" "" "host" "" "net" "" "port" "" "http" "" "http_port" "" "monitor_port" "" "pid_file" "" "lame_duck_grace_period" "" "lame_duck_duration" "nats.terminationGracePeriodSeconds" "ping_interval" "" "ping_max" "" -}}
{{- if regexMatch (printf "(?mi)(^|[;,])\\s*%s(\\s|[:=]|$)" $name) $outer -}}
{{- fail (printf "nats.config.extra: the chart writes %s itself%s" $name (ternary "" (printf "; see %s" $instead) (empty $instead))) -}}
{{- end -}}
{{- end -}}
{{ .Values.nats.config.extra }}
{{- end -}}
