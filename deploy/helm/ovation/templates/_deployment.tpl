{{/* The Deployment of a role. Takes {root, component, part}: the role's name and its values. */}}
{{- define "ovation.deployment" -}}
{{- $root := .root -}}
{{- $part := .part -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "ovation.metadata" (dict "root" $root "component" .component "name" (printf "%s-%s" (include "ovation.fullname" $root) .component) "labels" $part.labels "annotations" $part.annotations) | nindent 2 }}
spec:
  {{- if not (dig "autoscaling" "enabled" false $part) }}
  replicas: {{ $part.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy:
    {{- toYaml $part.strategy | nindent 4 }}
  minReadySeconds: 5
  selector:
    matchLabels:
      {{- include "ovation.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "ovation.labels" (dict "root" $root "component" .component "labels" (merge (dict "ovation/ops" "true") $part.podLabels)) | nindent 8 }}
      annotations:
        {{- toYaml (merge dict $part.podAnnotations (dict "prometheus.io/scrape" "true" "prometheus.io/port" "9100")) | nindent 8 }}
    spec:
      {{- include "ovation.podSpec" . | nindent 6 }}
      terminationGracePeriodSeconds: {{ include "ovation.gracePeriod" $root }}
      {{- with $part.initContainers }}
      initContainers:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ include "ovation.image" (dict "root" $root "image" $root.Values.image) | quote }}
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
          {{- with $part.envFromSecret }}
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
            {{- include "ovation.containerSecurity" . | nindent 12 }}
          resources:
            {{- toYaml $part.resources | nindent 12 }}
          {{- with concat (include "ovation.nats.loginMount" $root | fromYamlArray) $part.extraVolumeMounts }}
          volumeMounts:
            {{- toYaml . | nindent 12 }}
          {{- end }}
        {{- with $part.sidecars }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with concat (include "ovation.nats.loginVolume" (dict "root" $root "user" .component) | fromYamlArray) $part.extraVolumes }}
      volumes:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with include "ovation.placement" . | trim }}
      {{- . | nindent 6 }}
      {{- end }}
{{- end -}}

{{/* The PodDisruptionBudget. Takes {root, component, budget}. */}}
{{- define "ovation.budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "ovation.metadata" (merge (dict "name" (printf "%s-%s" (include "ovation.fullname" .root) .component)) .) | nindent 2 }}
spec:
  maxUnavailable: {{ .budget }}
  selector:
    matchLabels:
      {{- include "ovation.selector" . | nindent 6 }}
{{- end -}}
