"""The errors themselves: each travels by name and speaks plainly."""

from hsm import errors


def test_every_error_can_travel_by_name() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.HsmError)}
    assert set(errors.BY_NAME.values()) == kinds
    assert all(errors.BY_NAME[kind.__name__] is kind for kind in kinds)


def test_an_error_keeps_its_own_copy_of_the_details() -> None:
    details = {"Doing": "log in"}
    error = errors.PinRefused("The token refused the PIN.", details)
    details["Doing"] = "something else"
    assert error.details == {"Doing": "log in"}
    assert str(error) == error.message == "The token refused the PIN."
