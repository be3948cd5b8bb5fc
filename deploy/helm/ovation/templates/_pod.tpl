{{/* What pods have in common. A `part` is the values of a workload: gateway, dispatcher or nats. */}}

{{/* Whether OpenShift chooses the users of pods. */}}
{{- define "ovation.openshift" -}}
{{- $detected := .Capabilities.APIVersions.Has "security.openshift.io/v1" -}}
{{- if or (eq .Values.openshift "always") (and (eq .Values.openshift "auto") $detected) -}}yes{{- end -}}
{{- end -}}

{{/* A pod's security context. Takes {root, part}. */}}
{{- define "ovation.podSecurity" -}}
{{- $context := mergeOverwrite (deepCopy .root.Values.podSecurityContext) (deepCopy (default dict .part.podSecurityContext)) -}}
{{- if include "ovation.openshift" .root -}}
{{- $context = omit $context "runAsUser" "runAsGroup" "fsGroup" -}}
{{- end -}}
{{- with .part.sysctls -}}
{{- $_ := set $context "sysctls" . -}}
{{- end -}}
{{- include "ovation.withoutNulls" $context -}}
{{- end -}}

{{/* A container's security context. Takes {root, part}. */}}
{{- define "ovation.containerSecurity" -}}
{{- include "ovation.withoutNulls" (mergeOverwrite (deepCopy .root.Values.containerSecurityContext) (deepCopy (default dict .part.containerSecurityContext))) -}}
{{- end -}}

{{- define "ovation.withoutNulls" -}}
{{- $rest := dict -}}
{{- range $key, $value := . -}}
{{- if not (kindIs "invalid" $value) -}}{{- $_ := set $rest $key $value -}}{{- end -}}
{{- end -}}
{{- toYaml $rest -}}
{{- end -}}

{{/* The start of every pod's spec. Takes {root, part, account}, the last of which may be missing. */}}
{{- define "ovation.podSpec" -}}
serviceAccountName: {{ default (include "ovation.serviceAccount" .root) .account }}
automountServiceAccountToken: false
# A Service named ovation would add OVATION_PORT and similar variables to each pod.
enableServiceLinks: false
{{- with concat .root.Values.imagePullSecrets (dig "imagePullSecrets" list .root.Values.global) | uniq }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "ovation.podSecurity" . | nindent 2 }}
{{- end -}}

{{/* Where a workload's pods run, and how they resolve names. Takes {root, component, part}. */}}
{{- define "ovation.placement" -}}
{{- with .part.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .part.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .part.dnsPolicy }}
dnsPolicy: {{ . }}
{{- end }}
{{- with .part.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .part.topologySpread }}
topologySpreadConstraints:
  {{- range . }}
  - {{ toYaml . | nindent 4 | trim }}
    labelSelector:
      matchLabels:
        {{- include "ovation.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- with .part.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .part.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .part.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* preStop, the drain, the stop (at most as long), and a margin: see shared/runtime/run.ts. */}}
{{- define "ovation.gracePeriod" -}}
{{ add .Values.drain.preStopSeconds (mul 2 .Values.drain.seconds) 5 }}
{{- end -}}

{{/* A pod that runs once, such as those of `helm test`. Takes {root, part, account}. */}}
{{- define "ovation.oncePod" -}}
restartPolicy: Never
{{ include "ovation.podSpec" . }}
{{- end -}}

{{/* What its container needs. Takes {root, part}. */}}
{{- define "ovation.onceContainer" -}}
image: {{ include "ovation.image" (dict "root" .root "image" .root.Values.image) | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  {{- include "ovation.containerSecurity" . | nindent 2 }}
resources:
  requests: { cpu: 50m, memory: 64Mi }
  limits: { memory: 128Mi }
{{- end -}}
