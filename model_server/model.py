"""A booster as a model of the KServe SDK."""

from pathlib import Path

import xgboost
from kserve import InferRequest, InferResponse, Model
from kserve.errors import InferenceError
from kserve.utils.utils import get_predict_input, get_predict_response


class BoosterModel(Model):
    """Answers with what the booster predicts, as the stock runtime does.

    Args:
        name: Name of the model.
        booster_file: A booster that xgboost saved.
        nthread: Threads of one prediction.

    Raises:
        xgboost.core.XGBoostError: Ours: the file holds no booster.
    """

    def __init__(self, name: str, booster_file: Path, nthread: int) -> None:
        super().__init__(name)
        self._nthread = nthread
        self._booster = xgboost.Booster({"nthread": nthread}, model_file=booster_file)
        self.ready = True

    def predict(  # type: ignore[override]  # the SDK takes a plain function as well as a coroutine
        self, payload: dict[str, object] | InferRequest, _headers: dict[str, str] | None = None
    ) -> dict[str, object] | InferResponse:
        """Predict n rows from the first tensor, [n, k], or with ``content_type`` "pd" from all, one a column.

        The output is ``output-0``, FP32 of shape [n] for an objective with one output. Columns that are missing
        at the end are missing values to xgboost, not an error.

        Raises:
            InferenceError: The caller's fault, yet the SDK answers it with 500, as the stock runtime does: a
                datatype, a shape or columns that do not make a matrix for this booster.
        """
        try:
            rows = xgboost.DMatrix(get_predict_input(payload), nthread=self._nthread)
            return get_predict_response(payload, self._booster.predict(rows), self.name)
        except Exception as error:
            raise InferenceError(str(error)) from error
