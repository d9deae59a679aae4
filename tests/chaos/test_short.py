"""Every promise while things break, in the short form: whatever row there is in this folder, by itself."""

import pytest

from chaos.main import measured, modules
from chaos.row import SHORT


@pytest.mark.timeout(300)  # a row takes 15 s on a quiet machine; a busy one may take its time, within the row's bounds
@pytest.mark.parametrize("name", modules())
def test_the_promise_holds_while_things_break(name: str) -> None:
    rows = measured(name, SHORT)
    if untried := [row.note for row in rows if not row.tried]:
        pytest.skip("; ".join(untried))  # a clone without history has no release to upgrade from; `make chaos` fails
    broken = [f"{row.promise} {row.what}: {row.worst}, bound {row.bound}. {row.note}" for row in rows if not row.holds]
    assert [] == broken
