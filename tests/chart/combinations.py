"""Values that people would combine; every one must render, and what it renders must be accepted."""

from tests.chart.rendering import OTHER, VERSION, Values

JWT: Values = {
    "issuer": "https://issuer.example.com",
    "audiences": ["flight-delay"],
    "jwksUri": "https://issuer.example.com/jwks.json",
}

COMBINATIONS: dict[str, tuple[list[str], Values]] = {
    "the defaults": ([], {}),
    "a small cluster": (["values-local.yaml"], {}),
    "GKE": (["values-gke.yaml"], {}),
    "GKE with an OAuth client of its own": (
        ["values-gke.yaml"],
        {"auth": {"iap": {"clientID": "client", "clientSecretName": "oauth"}}},
    ),
    "two versions, one without traffic": (
        [],
        {"versions": {OTHER: {"bundle": "s3://bundles/other", "weight": 0}}},
    ),
    "a shadow with a runtime of its own": (
        [],
        {
            "shadow": OTHER,
            "versions": {OTHER: {"bundle": "s3://bundles/other", "weight": 0, "runtime": {"name": "kserve-xgbserver"}}},
        },
    ),
    "a canary with pods of its own": (
        [],
        {
            "versions": {
                VERSION: {"weight": 95},
                OTHER: {
                    "bundle": "pvc://models/other",
                    "weight": 5,
                    "autoscaling": {"minReplicas": 1, "maxReplicas": 3, "cpuPercent": 50},
                    "runtime": {"resources": {"requests": {"cpu": "2"}}},
                    "transformer": {"resources": {"requests": {"cpu": 1}}},
                },
            }
        },
    ),
    "KEDA": ([], {"autoscaling": {"mode": "keda", "keda": {"serverAddress": "http://prometheus:9090"}}}),
    "KEDA with a login": (
        [],
        {"autoscaling": {"mode": "keda", "keda": {"serverAddress": "https://prometheus", "authentication": "login"}}},
    ),
    "no autoscaler": ([], {"autoscaling": {"mode": "none"}}),
    "tokens": ([], {"auth": {"mode": "jwt", "jwt": JWT}}),
    "tokens with keys inside, and a limit": (
        [],
        {
            "auth": {
                "mode": "jwt",
                "jwt": {**JWT, "jwksUri": None, "jwksInline": '{"keys": []}', "requestsPerSecond": 50},
            }
        },
    ),
    "tokens over REST alone": ([], {"routes": {"grpc": False}, "auth": {"mode": "jwt", "jwt": JWT}}),
    "tokens, and pages without": ([], {"routes": {"page": True}, "auth": {"mode": "jwt", "jwt": JWT}}),
    "Istio, and pages without": ([], {"routes": {"page": True}, "auth": {"mode": "istio", "jwt": JWT}}),
    "Istio": ([], {"auth": {"mode": "istio", "jwt": JWT}}),
    "Istio without a scraper": ([], {"auth": {"mode": "istio", "jwt": JWT, "istio": {"scraperNamespaces": []}}}),
    "a Gateway that is there": (
        [],
        {
            "gateway": {"create": False, "name": "front", "namespace": "gateways"},
            "routes": {"hostnames": ["a.example"]},
        },
    ),
    "a Gateway with TLS": ([], {"gateway": {"tls": {"certificateSecrets": ["front"]}, "http": {"port": 443}}}),
    "a service account that is there": ([], {"serviceAccount": {"create": False, "name": "reader"}}),
    "S3 with credentials": (
        [],
        {"versions": {VERSION: {"bundle": "s3://bundles/x"}}, "serviceAccount": {"secrets": ["s3"]}},
    ),
    "the Prometheus operator": ([], {"monitoring": {"mode": "podMonitor"}}),
    "the Prometheus operator with rules and a dashboard": (
        [],
        {
            "monitoring": {
                "mode": "podMonitor",
                "labels": {"release": "kube-prometheus-stack"},
                "rules": {"enabled": True},
                "dashboard": {"enabled": True},
            }
        },
    ),
    "Google's Prometheus with rules": (
        ["values-gke.yaml"],
        {"monitoring": {"labels": {"team": "flights"}, "rules": {"enabled": True, "availabilityPercent": 99}}},
    ),
    "traces and a payload log": (
        [],
        {
            "tracing": {
                "endpoint": "http://collector.monitoring:4318",
                "share": 0.5,
                "environment": {"OTEL_BSP_MAX_QUEUE_SIZE": "512"},
            },
            "payloadLog": {"share": 0.001},
        },
    ),
    "an image by digest": (
        [],
        {"transformer": {"image": {"digest": "sha256:" + "a" * 64}}, "runtime": {"image": "xgbserver:1"}},
    ),
    "no network policy, no budget": ([], {"networkPolicy": {"enabled": False}, "disruptionBudget": {"enabled": False}}),
    "pods with a place of their own": (
        [],
        {
            "pods": {
                "priorityClassName": "serving",
                "nodeSelector": {"pool": "serving"},
                "tolerations": [{"key": "serving", "operator": "Exists"}],
                "imagePullSecrets": ["registry"],
                "annotations": {"example.com/team": "flights"},
                "topologySpread": {"kubernetes.io/hostname": None},
            }
        },
    ),
}
