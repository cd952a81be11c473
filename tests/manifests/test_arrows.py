"""The arrows between the functions: complete, agreed on their names, and leading somewhere.

KafkaSource's webhook lets much of this pass (eventing-kafka-broker 1.23,
control-plane/pkg/apis/sources/v1/kafka_validation.go); the event would then be lost at run time.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.manifests.rendering import OVERLAYS, of_kind, pipeline, rendered, services, sources

SOURCES = ("raw-to-aggregate", "raw-to-alert", "dlq-to-dlq")
EACH = [(overlay, name) for overlay in OVERLAYS for name in SOURCES]
DURATION = re.compile(r"PT(\d+(?:\.\d+)?)S")
SINK = ("eventing.knative.dev", "KafkaSink")
TOPIC = ("kafka.strimzi.io", "KafkaTopic")
PING = ("sources.knative.dev", "PingSource")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_there_are_three_sources(overlay: str) -> None:
    assert set(sources(overlay)) == set(SOURCES)


@pytest.mark.parametrize(("overlay", "name"), EACH)
def test_the_delivery_is_complete(overlay: str, name: str) -> None:
    """A block without retry means none; a delay of nothing switches retries off."""
    delivery = sources(overlay)[name]["spec"]["delivery"]

    assert delivery["retry"] >= 1
    assert delivery["backoffPolicy"] in ("exponential", "linear")
    assert _seconds(delivery["backoffDelay"]) > 0
    assert _seconds(delivery["timeout"]) > 0


@pytest.mark.parametrize(("overlay", "name"), EACH)
def test_a_source_starts_at_the_beginning_and_is_not_held_to_order(overlay: str, name: str) -> None:
    """The default, latest, skips what came before; ordered ends at 250 records a second."""
    spec = sources(overlay)[name]["spec"]

    assert spec["initialOffset"] == "earliest"
    assert spec["ordering"] == "unordered"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_source_has_a_group_of_its_own(overlay: str) -> None:
    """In one group, aggregate and alert would each see half of the readings."""
    groups = [each["spec"]["consumerGroup"] for each in sources(overlay).values()]

    assert len(set(groups)) == len(SOURCES)


@pytest.mark.parametrize(("overlay", "name"), EACH)
def test_a_source_leads_to_a_function_that_is_there(overlay: str, name: str) -> None:
    ref = sources(overlay)[name]["spec"]["sink"]["ref"]

    assert (ref["apiVersion"], ref["kind"]) == ("serving.knative.dev/v1", "Service")
    assert ref["name"] in services(overlay)
    assert "namespace" not in ref


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("name", ["raw-to-aggregate", "raw-to-alert"])
def test_what_a_function_does_not_take_goes_to_a_sink_that_is_there(
    overlay: str, name: str
) -> None:
    """Without one, it would be dropped and committed."""
    ref = sources(overlay)[name]["spec"]["delivery"]["deadLetterSink"]["ref"]

    assert (ref["apiVersion"], ref["kind"]) == ("eventing.knative.dev/v1alpha1", "KafkaSink")
    assert ref["name"] in of_kind(rendered(overlay), *SINK)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_dead_letters_do_not_go_round_in_circles(overlay: str) -> None:
    assert "deadLetterSink" not in sources(overlay)["dlq-to-dlq"]["spec"]["delivery"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_dead_letters_outlast_a_database_that_is_away_for_hours(overlay: str) -> None:
    """Behind the retries of this source nothing keeps them; what filled it is often that database.

    Linear waits: n times the delay before retry n, so that the wait is short once it is back.
    """
    delivery = sources(overlay)["dlq-to-dlq"]["spec"]["delivery"]
    waits_s = [_seconds(delivery["backoffDelay"]) * n for n in range(1, delivery["retry"] + 1)]

    assert delivery["backoffPolicy"] == "linear"
    assert sum(waits_s) > 8 * 3600
    assert max(waits_s) < 10 * 60


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_ticks_lead_to_functions_that_are_there(overlay: str) -> None:
    ticks = {
        name: ping["spec"]["sink"]["ref"]["name"]
        for name, ping in of_kind(rendered(overlay), *PING).items()
    }

    assert ticks == {"refresh": "aggregate", "redrive": "dlq", "alert-tick": "alert"}
    assert set(ticks.values()) <= set(services(overlay))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_sink_leaves_its_topic_to_its_owner(overlay: str) -> None:
    """With partitions and replicas, the topic would be deleted with the sink."""
    (sink,) = of_kind(rendered(overlay), *SINK).values()

    assert not {"numPartitions", "replicationFactor"} & set(sink["spec"])
    assert sink["spec"]["contentMode"] == "binary"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_topics_are_those_of_the_config_map_everywhere(overlay: str) -> None:
    values, topics = pipeline(overlay), of_kind(rendered(overlay), *TOPIC)
    (sink,) = of_kind(rendered(overlay), *SINK).values()
    read = {name: each["spec"]["topics"] for name, each in sources(overlay).items()}

    assert read == {
        "raw-to-aggregate": [values["TELEMETRY_TOPIC"]],
        "raw-to-alert": [values["TELEMETRY_TOPIC"]],
        "dlq-to-dlq": [values["DLQ_TOPIC"]],
    }
    assert sink["spec"]["topic"] == values["DLQ_TOPIC"]
    assert {each["spec"]["topicName"] for each in topics.values()} == {
        values["TELEMETRY_TOPIC"],
        values["DLQ_TOPIC"],
    }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_brokers_retries_and_backoff_are_those_of_the_config_map_everywhere(overlay: str) -> None:
    values = pipeline(overlay)
    (sink,) = of_kind(rendered(overlay), *SINK).values()
    said = {
        name: (each["spec"]["bootstrapServers"], *_tries(each))
        for name, each in sources(overlay).items()
    }

    brokers, backoff = [values["KAFKA_BOOTSTRAP_SERVERS"]], values["RETRY_BACKOFF"]
    assert said == {
        "raw-to-aggregate": (brokers, int(values["MAX_RETRIES"]), backoff),
        "raw-to-alert": (brokers, int(values["MAX_RETRIES"]), backoff),
        "dlq-to-dlq": (brokers, said["dlq-to-dlq"][1], backoff),
    }
    assert sink["spec"]["bootstrapServers"] == [values["KAFKA_BOOTSTRAP_SERVERS"]]


@pytest.mark.parametrize("overlay", ["kind", "dev"])
def test_one_broker_is_not_asked_for_three_replicas(overlay: str) -> None:
    topics = of_kind(rendered(overlay), *TOPIC).values()

    assert [each["spec"]["replicas"] for each in topics] == [1, 1]
    assert [each["spec"]["config"]["min.insync.replicas"] for each in topics] == [1, 1]


def test_in_production_a_reading_survives_the_loss_of_a_broker() -> None:
    topics = of_kind(rendered("production"), *TOPIC).values()

    assert [each["spec"]["replicas"] for each in topics] == [3, 3]
    assert [each["spec"]["config"]["min.insync.replicas"] for each in topics] == [2, 2]


@pytest.mark.parametrize("name", SOURCES)
def test_in_production_a_source_proves_who_it_is_and_checks_the_broker(name: str) -> None:
    net = sources("production")[name]["spec"]["net"]

    assert net["sasl"]["enable"]
    assert net["tls"]["enable"]
    assert "caCert" in net["tls"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_keda_scales_no_source_beyond_its_partitions(overlay: str) -> None:
    documents = rendered(overlay, ("keda",))
    partitions = {
        each["spec"]["topicName"]: each["spec"]["partitions"]
        for each in of_kind(documents, *TOPIC).values()
    }

    limits = {
        name: (_most(source), partitions[source["spec"]["topics"][0]])
        for name, source in of_kind(documents, "sources.knative.dev", "KafkaSource").items()
    }

    assert {name: most for name, (most, _) in limits.items()} == {
        name: available for name, (_, available) in limits.items()
    }


def _most(source: dict[str, Any]) -> int:
    annotations = source["metadata"]["annotations"]
    return int(annotations["autoscaling.eventing.knative.dev/max-scale"])


def _tries(source: dict[str, Any]) -> tuple[int, str]:
    delivery = source["spec"]["delivery"]
    return delivery["retry"], delivery["backoffDelay"]


def _seconds(duration: str) -> float:
    found = DURATION.fullmatch(duration)
    assert found is not None, f"{duration} is no ISO 8601 duration in seconds"
    return float(found[1])
