"""Can a person read what a report's plots say?"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.legend import Legend
from matplotlib.text import Text

import bayesian_verifier
from bayesian_verifier.training._calibration import Calibration
from bayesian_verifier.training._plots import plots_of
from bayesian_verifier.training._quality import Comparison
from bayesian_verifier.training._report import Report

SHIPPED = Path(bayesian_verifier.__file__).parent / "shipped_models"


def plots(model):
    """The plots of a shipped model's own figures; the people behind them are drawn anew, where nothing is wrong."""
    (file,) = SHIPPED.glob(f"{model}/*/report.json")
    figures = json.loads(file.read_text())
    rng = np.random.default_rng(0)
    parameters = sum(isinstance(one, dict) for one in figures["calibration"].values())
    ranks = [Calibration(n % 6, rng.uniform(size=parameters), 0.5, trusted=True) for n in range(1200)]
    one = Comparison(8, 0.3, 0.01, 0.02, 0.01, 1.01, 0.01, 0.02, 0.1, 0.9, reliable=True, mass=1.0)
    return plots_of(Report(figures, [], [one], ranks))


@pytest.mark.parametrize("model", ["bayesian-verifier", "explorer", "traits"])
def test_no_text_of_the_plots_leaves_its_panel_or_its_figure(model):
    """With two, three and four parameters, whose names are long."""
    for name, figure in plots(model).items():
        FigureCanvasAgg(figure).draw()
        for legend in figure.findobj(Legend):
            box, room = legend.get_window_extent(), legend.axes or figure
            around = room.get_window_extent()
            assert around.x0 <= box.x0, name
            assert box.x1 <= around.x1, name
            assert around.y0 <= box.y0, name
            assert box.y1 <= around.y1, name
        titles = [axis.title.get_window_extent() for axis in figure.axes]
        assert not any(one.overlaps(other) for one in titles for other in titles if other is not one), name


def test_each_parameter_is_named_once_and_no_curve_runs_through_a_legend():
    """The names are the figure's, the numbers the panels'."""
    figure = plots("traits")["calibration.png"]
    FigureCanvasAgg(figure).draw()
    names = ["risk_aversion", "exploration", "probability_weighting", "choice_noise"]
    said = [text.get_text() for text in figure.findobj(Text)]
    assert [said.count(name) for name in names] == [1, 1, 1, 1]
    for axis in figure.axes:
        (legend,) = axis.findobj(Legend)
        assert [float(text.get_text()) for text in legend.get_texts()] == pytest.approx([0.01] * 4, abs=0.02)
        lowest = legend.get_window_extent().y0
        for curve in axis.lines:
            assert axis.transData.transform(curve.get_xydata())[:, 1].max() < lowest
