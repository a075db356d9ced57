{{- define "duplicert.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 50 characters: "-simulator" and the like are added. */}}
{{- define "duplicert.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "duplicert.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "duplicert.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* A name for objects of the whole cluster: two releases may have one name. */}}
{{- define "duplicert.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "duplicert.fullname" .) -}}
{{- end -}}

{{- define "duplicert.selector" -}}
app.kubernetes.io/name: {{ include "duplicert.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end -}}

{{- define "duplicert.simulatorSelector" -}}
app.kubernetes.io/name: {{ include "duplicert.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: simulator
{{- end -}}

{{- define "duplicert.labels" -}}
app.kubernetes.io/name: {{ include "duplicert.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: duplicert
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "duplicert.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "duplicert.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "duplicert.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "duplicert.simulatorHost" -}}
{{ include "duplicert.fullname" . }}-simulator.{{ .Release.Namespace }}.svc:8443
{{- end -}}

{{- define "duplicert.caHosts" -}}
{{- $hosts := .Values.allowedCAHosts -}}
{{- if .Values.simulator.enabled -}}
{{- $hosts = append ($hosts | default (list "www.digicert.com" "certcentral.digicert.eu")) (include "duplicert.simulatorHost" .) -}}
{{- end -}}
{{- join "," $hosts -}}
{{- end -}}

{{- define "duplicert.leaseNamespace" -}}
{{- .Values.leaderElection.namespace | default .Release.Namespace -}}
{{- end -}}

{{- define "duplicert.ledgerNamespace" -}}
{{- .Values.ledgerNamespace | default .Release.Namespace -}}
{{- end -}}

{{/* Of an endpoint of prometheus-operator; nothing over plain HTTP. */}}
{{- define "duplicert.metricsTls" -}}
{{- if .Values.metrics.tls.secretName -}}
scheme: https
{{- with .Values.metrics.tls.config }}
tlsConfig: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What the schema cannot say. */}}
{{- define "duplicert.validate" -}}
{{- if and (gt (int .Values.replicaCount) 1) (not .Values.leaderElection.enabled) -}}
{{- fail "replicaCount: more than one replica needs leaderElection.enabled=true" -}}
{{- end -}}
{{- if and .Values.simulator.enabled .Values.namespaces (not (has .Release.Namespace .Values.namespaces)) -}}
{{- fail (printf "simulator.enabled: its profiles are in the namespace of the release; add %s to namespaces" .Release.Namespace) -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled .Values.metrics.podMonitor.enabled -}}
{{- fail "metrics: enable serviceMonitor or podMonitor; with both every series is read twice" -}}
{{- end -}}
{{- end -}}
