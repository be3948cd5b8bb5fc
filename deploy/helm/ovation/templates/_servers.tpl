{{/*
Refuses a change of the number of NATS servers that would lose what is stored. Alone, a server keeps its
streams otherwise than in a cluster, and drops them when it joins or leaves one; and of a stream whose
copies are on servers that go, too few remain. Helm sees the running servers; tools that only render don't.
*/}}
{{- define "ovation.nats.checkServers" -}}
{{- $running := lookup "apps/v1" "StatefulSet" .Release.Namespace (include "ovation.nats.name" .) -}}
{{- if $running -}}
{{- $now := int $running.spec.replicas -}}
{{- $wanted := int .Values.nats.replicas -}}
{{- if and (gt $now 0) (or (lt $wanted $now) (and (eq $now 1) (gt $wanted 1))) -}}
{{- fail (printf "nats.replicas: from %d servers to %d, NATS would lose what is stored; docs/kubernetes.md, \"Change the number of NATS servers\", has the way" $now $wanted) -}}
{{- end -}}
{{- end -}}
{{- end -}}
