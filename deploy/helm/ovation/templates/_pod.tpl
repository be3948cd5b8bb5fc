{{/* What the pods of both roles have in common. */}}

{{/* Restricted Pod Security. */}}
{{- define "ovation.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "ovation.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* preStop, the drain, the stop (at most as long), and a margin: see shared/runtime/run.ts. */}}
{{- define "ovation.gracePeriod" -}}
{{ add .Values.drain.preStopSeconds (mul 2 .Values.drain.seconds) 5 }}
{{- end -}}

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
{{- if and .Values.ingress.enabled .Values.ingress.host -}}
{{- $hosts = append $hosts .Values.ingress.host -}}
{{- end -}}
{{- if .Values.httpRoute.enabled -}}
{{- $hosts = concat $hosts .Values.httpRoute.hostnames -}}
{{- end -}}
{{- join "," (uniq $hosts) -}}
{{- end -}}

{{/* The environment of a role. Takes {root, component, role}. */}}
{{- define "ovation.environment" -}}
{{- $values := .root.Values -}}
{{- $copies := include "ovation.nats.copies" .root -}}
{{- $own := dict "nats-url" (include "ovation.nats.url" .root) "drain-ms" (mul 1000 $values.drain.seconds) "table-replicas" $copies "history-replicas" $copies "ops-host" "0.0.0.0" "ops-port" "9100" -}}
{{- with .role.trustedProxies -}}
{{- $_ := set $own "trusted-proxies" (join "," .) -}}
{{- end -}}
{{- with include "ovation.basePath" .root -}}
{{- if eq $.component "gateway" -}}
{{- $_ := set $own "base-path" . -}}
{{- end -}}
{{- end -}}
{{- $login := include "ovation.nats.login" (dict "root" .root "user" .component) | fromJson -}}
{{- $settings := mergeOverwrite $own $login (deepCopy $values.settings) (deepCopy .role.settings) -}}
{{- range $reserved, $instead := dict "drain-ms" "drain.seconds" "ops-port" "" "ops-host" "" "port" "gateway.service.port" "nats-url" "nats.url" "trusted-proxies" "gateway.trustedProxies" "auth-secret" "auth" "nats-password" "nats.login" "nats-token" "gateway.envFromSecret" -}}
{{- if or (hasKey $values.settings $reserved) (hasKey $.role.settings $reserved) -}}
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
{{- end }}
{{- end }}
{{- with .role.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What the pods of `helm test` have in common. Takes the root. */}}
{{- define "ovation.testPod" -}}
restartPolicy: Never
activeDeadlineSeconds: 120
serviceAccountName: {{ include "ovation.serviceAccount" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "ovation.podSecurity" . | nindent 2 }}
{{- end -}}

{{/* What a container of these pods needs. Takes the root. */}}
{{- define "ovation.testContainer" -}}
image: {{ include "ovation.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- include "ovation.containerSecurity" . | nindent 2 }}
resources:
  requests: { cpu: 50m, memory: 64Mi }
  limits: { memory: 128Mi }
{{- end -}}

{{/* Constraints with the selector of the pods. Takes {root, component, constraints}. */}}
{{- define "ovation.topologySpread" -}}
{{- range .constraints }}
- {{ toYaml . | nindent 2 | trim }}
  labelSelector:
    matchLabels:
      {{- include "ovation.selector" (dict "root" $.root "component" $.component) | nindent 6 }}
{{- end }}
{{- end -}}

{{/* The Deployment of a role. Takes {root, component, role}. */}}
{{- define "ovation.deployment" -}}
{{- $root := .root -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "ovation.fullname" $root }}-{{ .component }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "ovation.labels" . | nindent 4 }}
spec:
  {{- if not .role.autoscaling.enabled }}
  replicas: {{ .role.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  # A new pod is ready before an old one stops, one at a time: viewers reconnect in portions.
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  minReadySeconds: 5
  selector:
    matchLabels:
      {{- include "ovation.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "ovation.labels" . | nindent 8 }}
        ovation/ops: "true"
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9100"
        {{- with .role.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "ovation.serviceAccount" $root }}
      automountServiceAccountToken: false
      # A Service named ovation would add OVATION_PORT and similar variables to each pod.
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ include "ovation.gracePeriod" $root }}
      {{- with $root.Values.image.pullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- include "ovation.podSecurity" $root | nindent 8 }}
        {{- with .role.sysctls }}
        sysctls:
          {{- toYaml . | nindent 10 }}
        {{- end }}
      {{- with .role.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ include "ovation.image" $root | quote }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          # The last line of its log says why it ended.
          terminationMessagePolicy: FallbackToLogsOnError
          args: [{{ .component }}]
          env:
            {{- if eq .component "gateway" }}
            # Otherwise V8's young generation grows with every waiting viewer: see shared/runtime/node-flags.ts.
            - name: NODE_OPTIONS
              value: --max-semi-space-size=4
            {{- end }}
            {{- include "ovation.environment" . | trim | nindent 12 }}
          {{- with .role.envFromSecret }}
          envFrom:
            - secretRef: { name: {{ . }} }
          {{- end }}
          ports:
            {{- if eq .component "gateway" }}
            - name: viewers
              containerPort: 8080
            {{- end }}
            - name: ops
              containerPort: 9100
          startupProbe:
            httpGet: { path: /healthz, port: ops }
            periodSeconds: 1
            failureThreshold: 60
          livenessProbe:
            httpGet: { path: /healthz, port: ops }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: { path: /readyz, port: ops }
            periodSeconds: 3
            timeoutSeconds: 3
            failureThreshold: 2
          {{- if gt (int $root.Values.drain.preStopSeconds) 0 }}
          lifecycle:
            preStop:
              exec:
                command: [sleep, {{ $root.Values.drain.preStopSeconds | toString | quote }}]
          {{- end }}
          securityContext:
            {{- include "ovation.containerSecurity" $root | nindent 12 }}
          resources:
            {{- toYaml .role.resources | nindent 12 }}
          {{- $mount := include "ovation.nats.loginMount" $root }}
          {{- if or $mount .role.extraVolumeMounts }}
          volumeMounts:
            {{- with $mount }}
            {{- . | nindent 12 }}
            {{- end }}
            {{- with .role.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- end }}
      {{- $volume := include "ovation.nats.loginVolume" (dict "root" $root "user" .component) }}
      {{- if or $volume .role.extraVolumes }}
      volumes:
        {{- with $volume }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- with .role.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
      {{- with include "ovation.topologySpread" (dict "root" $root "component" .component "constraints" .role.topologySpread) | trim }}
      topologySpreadConstraints:
        {{- . | nindent 8 }}
      {{- end }}
      {{- with .role.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .role.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .role.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}

{{/* The HorizontalPodAutoscaler of a role. Takes {root, component, role}. */}}
{{- define "ovation.autoscaler" -}}
{{- $name := printf "%s-%s" (include "ovation.fullname" .root) .component -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "ovation.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ $name }}
  minReplicas: {{ .role.autoscaling.minReplicas }}
  maxReplicas: {{ .role.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .role.autoscaling.cpuPercent }}
    {{- if dig "connections" "enabled" false .role.autoscaling }}
    - type: Pods
      pods:
        metric:
          name: {{ .role.autoscaling.connections.metric }}
        target:
          type: AverageValue
          averageValue: {{ .role.autoscaling.connections.perPod | toString | quote }}
    {{- end }}
  behavior:
    # Each pod that stops makes its viewers reconnect: scale down slowly, up quickly.
    scaleDown:
      stabilizationWindowSeconds: 600
      policies:
        - type: Pods
          value: 1
          periodSeconds: 120
    scaleUp:
      stabilizationWindowSeconds: 0
      policies:
        - type: Percent
          value: 100
          periodSeconds: 30
{{- end -}}

{{/* The PodDisruptionBudget. Takes {root, component, budget}. */}}
{{- define "ovation.budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "ovation.fullname" .root }}-{{ .component }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "ovation.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ .budget }}
  selector:
    matchLabels:
      {{- include "ovation.selector" . | nindent 6 }}
{{- end -}}
