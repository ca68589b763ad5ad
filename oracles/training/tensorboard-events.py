"""Writes packages/training/src/node/fixtures/tensorboard-events.json: records as TensorBoard's own writer makes them.

Run: pip install tensorboard==2.21.0 && python oracles/training/tensorboard-events.py
"""
import io, json, pathlib
from importlib.metadata import version
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

png = bytes.fromhex("89504e470d0a1a0a") + bytes(range(256))
events = [
    Event(wall_time=1700000000.25, file_version="brain.Event:2"),
    Event(wall_time=1700000001.5, step=1, summary=Summary(value=[
        Summary.Value(tag="train/loss", simple_value=2.25),
        Summary.Value(tag="train/average loss", simple_value=2.5),
        Summary.Value(tag="train/learning rate", simple_value=1e-10),
    ])),
    Event(wall_time=1700000002.0, step=123456789012, summary=Summary(value=[
        Summary.Value(tag="pöbel/图", image=Summary.Image(height=334, width=500, colorspace=4, encoded_image_string=png)),
    ])),
    Event(wall_time=1700000003.0, step=8, session_log=SessionLog(status=SessionLog.START)),
]
records = io.BytesIO()
writer = RecordWriter(records)
for event in events:
    writer.write(event.SerializeToString())
out = pathlib.Path(__file__).parents[2] / "packages/training/src/node/fixtures/tensorboard-events.json"
out.write_text(json.dumps({
    "madeBy": f"oracles/training/tensorboard-events.py, tensorboard {version('tensorboard')}, protobuf {version('protobuf')}",
    "records": records.getvalue().hex(),
}, indent=1) + "\n")
