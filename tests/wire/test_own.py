from engine.records import Record
from wire.own import PulseCodec


def test_partial_figures_are_read_by_their_figure() -> None:
    codec = PulseCodec()
    record = Record("pulse.dev.partials", 0, 0, 1_750_000_000_000, b"", b'{"figure":"orders"}')

    name, value = codec.decode(record, None)

    assert name == codec.route(record) == "Partial"
    assert codec.field(value, "figure") == "orders"
    assert codec.field(value, "nonsense") is None
