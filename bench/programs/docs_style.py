"""A transformer as KServe's documentation teaches to write one: ``python -m bench.programs.docs_style --bundle ...``.

It is what a competent user writes who follows the pages on transformers and on feature encoding: the request as a
DataFrame, columns built with pandas, a fitted category_encoders encoder made once at the start, the runtime asked
by the SDK over REST v2. Logging, data plane and server are the SDK's own with their defaults, but for the address.
"""

import argparse
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import category_encoders
import kserve
import pandas as pd
from kserve import InferInput, InferOutput, InferRequest, InferResponse, ModelServer, logging, model_server

from flights import bundle as bundles
from flights.encoder import CategoryTable
from model_server.one_address import OneAddressServer

_HIGH_SEASON = [("12-15", "12-31"), ("01-01", "03-03"), ("07-15", "07-31"), ("09-11", "09-30")]
_FARTHEST_HOLIDAY_DAYS = 7
_UNKNOWN = -1  # the ordinal of category_encoders for a category that it was not fitted on


class FlightTransformer(kserve.Model):
    """Encodes flights for the XGBoost runtime.

    Args:
        name: Name of the model, here and at the predictor.
        bundle: Folder of the bundle whose tables and holidays it encodes with.
    """

    def __init__(self, name: str, bundle: Path) -> None:
        super().__init__(name)
        contract = bundles.decode(bundle)
        self.columns = list(contract.encoder.columns)
        self.holidays = contract.encoder.calendar.holidays
        self.threshold = contract.threshold
        self.version = contract.version
        self.encoder = _fitted(contract.encoder.tables)
        self.encoded_names = {table.field: table.columns[0] for table in contract.encoder.tables}
        self.ready = True

    async def preprocess(self, payload: Any, headers: dict[str, str] | None = None) -> InferRequest:  # noqa: ARG002
        """Turn flights into one FP32 tensor."""
        flights = payload.as_dataframe()
        scheduled = pd.to_datetime(flights["Fecha-I"])
        days = scheduled.dt.date
        features = self.encoder.transform(flights[list(self.encoded_names)]).rename(columns=self.encoded_names)
        features["day_of_year"] = scheduled.dt.dayofyear
        features["day_of_week"] = scheduled.dt.dayofweek
        features["high_season"] = scheduled.apply(_in_high_season)
        features["holiday"] = days.apply(lambda day: day in self.holidays)
        features["days_to_holiday"] = days.apply(self._days_to_holiday, step=1)
        features["days_since_holiday"] = days.apply(self._days_to_holiday, step=-1)
        features["minute_of_day"] = scheduled.dt.hour * 60 + scheduled.dt.minute
        matrix = features[self.columns].to_numpy(dtype="float32")
        encoded = InferInput("input-0", list(matrix.shape), "FP32")
        encoded.set_data_from_numpy(matrix, binary_data=False)
        return InferRequest(model_name=self.name, infer_inputs=[encoded])

    async def postprocess(
        self,
        result: Any,
        headers: dict[str, str] | None = None,  # noqa: ARG002
        response_headers: dict[str, str] | None = None,  # noqa: ARG002
    ) -> InferResponse:
        """Name the probabilities, and say which flights count as delayed."""
        probabilities = result.outputs[0].as_numpy()
        delayed = probabilities >= self.threshold
        outputs = [
            InferOutput("delay_probability", list(probabilities.shape), "FP32", probabilities.tolist()),
            InferOutput("delayed", list(delayed.shape), "BOOL", delayed.tolist()),
        ]
        return InferResponse(result.id, self.name, outputs, model_version=self.version)

    def _days_to_holiday(self, day: date, step: int) -> int:
        for distance in range(_FARTHEST_HOLIDAY_DAYS):
            if day + timedelta(days=step * distance) in self.holidays:
                return distance
        return _FARTHEST_HOLIDAY_DAYS


def _in_high_season(scheduled: pd.Timestamp) -> bool:
    return any(first <= scheduled.strftime("%m-%d") <= last for first, last in _HIGH_SEASON)


def _fitted(tables: tuple[CategoryTable, ...]) -> Any:
    """Return a category_encoders encoder that maps as the tables do: fitted on them, then given their values.

    A user would unpickle it; ours keeps no pickles, and one that is fitted here costs the same at every request.
    """
    count = max(len(table.values) for table in tables)
    categories = pd.DataFrame(
        {table.field: [sorted(table.values)[row % len(table.values)] for row in range(count)] for table in tables}
    )
    encoder = category_encoders.MEstimateEncoder(cols=list(categories), m=50.0)
    encoder.fit(categories, pd.Series(range(count), dtype=float) % 2)
    for table in tables:
        ordinals: Mapping[object, int] = next(
            each["mapping"] for each in encoder.ordinal_encoder.category_mapping if each["col"] == table.field
        )
        values = encoder.mapping[table.field]
        for category, (value,) in table.values.items():
            values.loc[ordinals[category]] = value
        values.loc[_UNKNOWN] = table.rare[0]
    return encoder


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(parents=[model_server.parser])
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--host", required=True)
    arguments, _ = parser.parse_known_args()
    logging.configure_logging(arguments.log_config_file)
    model = FlightTransformer(arguments.model_name, arguments.bundle)
    server: ModelServer = OneAddressServer(arguments.host, kserve.ModelRepository(str(arguments.bundle)))
    server.start([model])


if __name__ == "__main__":
    main()
