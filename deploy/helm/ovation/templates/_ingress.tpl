{{/*
The annotations with which a controller lets WebSockets and event streams live. Gateways send something
on each connection every 8 s, and a controller that neither buffers nor limits a response needs none.
*/}}
{{- define "ovation.ingressAnnotations" -}}
{{- $controller := .Values.ingress.controller -}}
{{- if eq $controller "nginx" -}}
nginx.ingress.kubernetes.io/proxy-buffering: "off"
nginx.ingress.kubernetes.io/proxy-request-buffering: "off"
nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"
nginx.ingress.kubernetes.io/proxy-send-timeout: "3600"
nginx.ingress.kubernetes.io/proxy-http-version: "1.1"
{{- else if eq $controller "haproxy" -}}
haproxy.org/timeout-tunnel: 1h
haproxy.org/timeout-server: 1h
{{- else if eq $controller "openshift" -}}
# Of the Route that OpenShift makes of an Ingress: event streams, and WebSockets.
haproxy.router.openshift.io/timeout: 1h
haproxy.router.openshift.io/timeout-tunnel: 1h
{{- else if eq $controller "alb" -}}
# To the pods themselves, whose readiness says when they want no more viewers.
alb.ingress.kubernetes.io/target-type: ip
alb.ingress.kubernetes.io/healthcheck-port: "9100"
alb.ingress.kubernetes.io/healthcheck-path: /readyz
alb.ingress.kubernetes.io/target-group-attributes: deregistration_delay.timeout_seconds={{ add .Values.drain.preStopSeconds .Values.drain.seconds }}
{{- else if eq $controller "gke" -}}
# GKE goes by this annotation, and by no class.
kubernetes.io/ingress.class: gce
{{- end -}}
{{- end -}}
