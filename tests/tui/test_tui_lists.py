"""Lists of which a line has the cursor: it is on screen, whatever the screen's size."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.geometry import Size

from catreview.jobs.overview import FunctionLine
from catreview.schema import DEFAULT_SCHEMA
from catreview.tui.theme import variables
from catreview.tui.widgets.functions import FunctionTable

FUNCTIONS = [FunctionLine(f"f{i:02}", "request", 0.1, 0.0, None, 0, True) for i in range(40)]


class Listing(App[None]):
    """Functions and nothing else; they are there before there is a screen."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables(self.current_theme)

    def compose(self) -> ComposeResult:
        table = FunctionTable(DEFAULT_SCHEMA)
        table.show(FUNCTIONS)
        yield table


async def test_a_list_that_is_filled_before_it_has_a_size_begins_at_its_top() -> None:
    async with Listing().run_test(size=(100, 20)) as pilot:
        assert pilot.app.query_one(FunctionTable).top == 0


async def test_a_screen_that_becomes_smaller_keeps_the_cursor() -> None:
    async with Listing().run_test(size=(100, 36)) as pilot:
        table = pilot.app.query_one(FunctionTable)
        table.walk(25)
        assert (table.here, table.top) == (26, 0)
        await pilot.resize_terminal(100, 14)
        await pilot.pause()
        assert table.fitted == Size(table.fitted.width, table.size.height)
        assert table.top + table.FIXED <= table.here < table.top + table.fitted.height
