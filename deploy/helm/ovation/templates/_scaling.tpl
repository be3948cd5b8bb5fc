{{/* How a role scales: a HorizontalPodAutoscaler, or KEDA's ScaledObject. Takes {root, component, part}. */}}
{{- define "ovation.autoscaler" -}}
{{- $scaling := .part.autoscaling -}}
{{- $name := printf "%s-%s" (include "ovation.fullname" .root) .component -}}
{{- $metadata := include "ovation.metadata" (dict "root" .root "component" .component "name" $name) -}}
{{- $byViewers := dig "connections" "enabled" false $scaling -}}
{{- if $scaling.keda.enabled -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  {{- $metadata | nindent 2 }}
spec:
  scaleTargetRef:
    name: {{ $name }}
  minReplicaCount: {{ $scaling.minReplicas }}
  maxReplicaCount: {{ $scaling.maxReplicas }}
  pollingInterval: {{ $scaling.keda.pollingInterval }}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        {{- toYaml $scaling.behavior | nindent 8 }}
  triggers:
    - type: cpu
      metricType: Utilization
      metadata:
        value: {{ $scaling.cpuPercent | toString | quote }}
    {{- if $byViewers }}
    {{- if not $scaling.keda.prometheusUrl }}
    {{- fail (printf "%s.autoscaling.keda.prometheusUrl must be set to scale by viewers" .component) }}
    {{- end }}
    - type: prometheus
      metricType: AverageValue
      metadata:
        serverAddress: {{ $scaling.keda.prometheusUrl | quote }}
        query: sum({__name__=~"ovation_gateway_(websockets|event_streams)",namespace="{{ .root.Release.Namespace }}",pod=~"{{ $name }}-.*"})
        threshold: {{ $scaling.connections.perPod | toString | quote }}
    {{- end }}
    {{- with $scaling.keda.triggers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- else -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- $metadata | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ $name }}
  minReplicas: {{ $scaling.minReplicas }}
  maxReplicas: {{ $scaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ $scaling.cpuPercent }}
    {{- if $byViewers }}
    - type: Pods
      pods:
        metric:
          name: {{ $scaling.connections.metric }}
        target:
          type: AverageValue
          averageValue: {{ $scaling.connections.perPod | toString | quote }}
    {{- end }}
  behavior:
    {{- toYaml $scaling.behavior | nindent 4 }}
{{- end -}}
{{- end -}}
