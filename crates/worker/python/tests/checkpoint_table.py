"""Checkpoints in dictionaries: what the fake server answers the calls of section 6 of the protocol from."""

from __future__ import annotations

from itertools import islice
from typing import Any

Answer = tuple[dict[str, Any], list[bytes]]
Key = tuple[str, str, str]  # thread, namespace, checkpoint


class CheckpointTable:
    """Stores opaque blobs by address, as the real store does."""

    def __init__(self) -> None:
        self.rows: dict[Key, dict[str, Any]] = {}
        self.bodies: dict[Key, bytes] = {}
        self.blobs: dict[tuple[str, str, str, str], tuple[str, bytes]] = {}
        self.most_listed: int | None = None
        """How many checkpoints fit into one answer, if not all do."""
        self.writes: dict[Key, dict[tuple[str, int], tuple[list[Any], bytes]]] = {}

    def put(self, params: dict[str, Any], sections: list[bytes]) -> Answer:
        row = params["checkpoint"]
        thread, ns = row["thread_id"], row["checkpoint_ns"]
        body, *blobs = sections
        for (channel, version, encoding), blob in zip(params["new"], blobs, strict=True):
            self.blobs[thread, ns, channel, version] = (encoding, blob)
        self.rows[thread, ns, row["checkpoint_id"]] = {"run_id": params.get("run_id"), **row}
        self.bodies[thread, ns, row["checkpoint_id"]] = body
        return {}, []

    def put_writes(self, params: dict[str, Any], sections: list[bytes]) -> Answer:
        checkpoint = params["checkpoint"]
        key = checkpoint["thread_id"], checkpoint["checkpoint_ns"], checkpoint["checkpoint_id"]
        stored = self.writes.setdefault(key, {})
        for row, blob in zip(params["writes"], sections, strict=True):
            task, index = row[0], row[1]
            if index < 0 or (task, index) not in stored:
                stored[task, index] = (row, blob)
        return {}, []

    def put_update(self, params: dict[str, Any], sections: list[bytes]) -> Answer:
        rest = iter(sections)
        for write in params["writes"]:
            if put := write.get("put"):
                self.put(put, list(islice(rest, 1 + len(put["new"]))))
            else:
                self.put_writes(write["put_writes"], list(islice(rest, len(write["put_writes"]["writes"]))))
        assert next(rest, None) is None
        return {}, []

    def get(self, params: dict[str, Any], _: list[bytes]) -> Answer:
        thread, ns, wanted = params["thread_id"], params["checkpoint_ns"], params["checkpoint_id"]
        found = wanted or max((key[2] for key in self.rows if key[:2] == (thread, ns)), default="")
        if (thread, ns, found) not in self.rows:
            return {"tuple": None}, []
        meta, sections = self._tuple((thread, ns, found))
        return {"tuple": meta}, sections

    def list(self, params: dict[str, Any], _: list[bytes]) -> Answer:
        tuples, sections, more = [], [], False
        for key in sorted(self.rows, key=lambda key: key[2], reverse=True):
            thread, ns, checkpoint = key
            metadata = self.rows[key]["metadata"]
            if (
                params["thread_id"] not in (None, thread)
                or params["checkpoint_ns"] not in (None, ns)
                or params["checkpoint_id"] not in (None, checkpoint)
                or (params["before"] is not None and checkpoint >= params["before"])
                or any(metadata.get(name) != value for name, value in params["filter"].items())
            ):
                continue
            if params["limit"] is not None and len(tuples) >= params["limit"]:
                break
            if self.most_listed is not None and len(tuples) >= self.most_listed:
                more = True
                break
            meta, parts = self._tuple(key)
            tuples.append(meta)
            sections += parts
        return {"tuples": tuples, "more": more}, sections

    def delete_thread(self, params: dict[str, Any], _: list[bytes]) -> Answer:
        self._drop(lambda key: key[0] == params["thread_id"])
        return {}, []

    def delete_for_runs(self, params: dict[str, Any], _: list[bytes]) -> Answer:
        wanted = set(params["run_ids"])
        self._drop(
            lambda key: (
                key in self.rows
                and (self.rows[key]["run_id"] in wanted or self.rows[key]["metadata"].get("run_id") in wanted)
            )
        )
        return {}, []

    def copy_thread(self, params: dict[str, Any], _: list[bytes]) -> Answer:
        source, target = params["source"], params["target"]
        for table in (self.rows, self.bodies, self.blobs, self.writes):
            for key, value in list(table.items()):
                if key[0] == source:
                    table[(target, *key[1:])] = value  # type: ignore[index] # keys of all tables begin with the thread
        return {}, []

    def prune(self, params: dict[str, Any], _: list[bytes]) -> Answer:
        for thread in params["thread_ids"]:
            newest: dict[str, str] = {}
            if params["strategy"] == "keep_latest":
                for key in self.rows:
                    if key[0] == thread:
                        newest[key[1]] = max(newest.get(key[1], ""), key[2])
            self._drop(lambda key, thread=thread, keep=newest: key[0] == thread and keep.get(key[1]) != key[2])
        return {}, []

    def _drop(self, doomed: Any) -> None:
        for key in [key for key in (*self.rows, *self.writes) if doomed(key)]:
            self.writes.pop(key, None)
        for key in [key for key in self.rows if doomed(key)]:
            del self.rows[key]

    def _tuple(self, key: Key) -> Answer:
        row = self.rows[key]
        channels, sections = [], [self.bodies[key]]
        for channel, version in row["channel_versions"].items():
            if (blob := self.blobs.get((*key[:2], channel, version))) is not None:
                channels.append([channel, version, blob[0]])
                sections.append(blob[1])
        writes = list(self.writes.get(key, {}).values())
        row = {**row, "thread_id": key[0]}  # it may be a copy
        meta = {"checkpoint": row, "channels": channels, "writes": [written for written, _ in writes]}
        return meta, sections + [blob for _, blob in writes]
