"""Manifests for tests, each as short as its kind allows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from local_dev.manifests.eventing import DeliveryRule, Ping, Reference, Sink, Source, Topic
from local_dev.manifests.service import Service


def a_rule(
    retry: int = 0,
    policy: Literal["linear", "exponential"] = "linear",
    delay_s: float = 1,
    timeout_s: float = 5,
) -> DeliveryRule:
    return DeliveryRule(
        retry=retry,
        backoff_policy=policy,
        backoff_delay=timedelta(seconds=delay_s),
        timeout=timedelta(seconds=timeout_s),
    )


def a_reference(name: str, kind: Literal["Service", "KafkaSink"] = "Service") -> Reference:
    group = "serving.knative.dev/v1" if kind == "Service" else "eventing.knative.dev/v1alpha1"
    return Reference(api_version=group, kind=kind, name=name)


def a_source(bootstrap: str, topic: str, rule: DeliveryRule, **more: Any) -> Source:
    return Source(
        **{
            "api_version": "sources.knative.dev/v1",
            "kind": "KafkaSource",
            "name": "src",
            "topic": topic,
            "bootstrap": bootstrap,
            "group": topic,
            "initial_offset": "earliest",
            "ordering": "unordered",
            "rule": rule,
            "sink": a_reference("sink"),
            **more,
        }
    )


def a_topic(name: str, partitions: int, **config: str) -> Topic:
    return Topic(
        api_version="kafka.strimzi.io/v1",
        kind="KafkaTopic",
        topic=name,
        partitions=partitions,
        config={key.replace("_", "."): value for key, value in config.items()},
    )


def a_sink(bootstrap: str, name: str, topic: str) -> Sink:
    return Sink(
        api_version="eventing.knative.dev/v1alpha1",
        kind="KafkaSink",
        name=name,
        topic=topic,
        bootstrap=bootstrap,
        content_mode="binary",
    )


def a_ping(name: str, schedule: str, sink: Reference, data: str = "{}") -> Ping:
    return Ping(
        api_version="sources.knative.dev/v1",
        kind="PingSource",
        name=name,
        schedule=schedule,
        content_type="application/json",
        data=data,
        sink=sink,
    )


def a_service(name: str, concurrency: int, timeout_s: float, max_scale: int) -> Service:
    annotations = {"autoscaling.knative.dev/max-scale": str(max_scale)}
    spec = {
        "containerConcurrency": concurrency,
        "timeoutSeconds": int(timeout_s),
        "containers": [{"readinessProbe": {"httpGet": {"path": "/health/ready"}}}],
    }
    return Service.model_validate(
        {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {"template": {"metadata": {"annotations": annotations}, "spec": spec}},
        }
    )
