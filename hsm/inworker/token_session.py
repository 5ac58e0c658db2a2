"""The module, and the one logged-in session of the worker: each request of `hsm/requests.py` answered.

One thread only, so nothing here is locked. It never logs in twice: a worker that lost its log-in is
ended by its parent, and a new one starts.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pkcs11
from pkcs11 import Mechanism

from hsm import errors, model, requests
from hsm.inworker import attributes, check_values, data_objects, initialise, module_facts, personalise, trials, wrapping
from hsm.inworker.keyring import Keyring
from hsm.inworker.looking import looked
from hsm.inworker.signing import sign
from hsm.inworker.subkeys import Subkeys, refuse_derivation
from hsm.inworker.translation import translate, translated

_PIN_MISSING: Final = "The console is not logged in to the token."


class _NotAmongThem(errors.TokenMissing):
    """The module was described, without the token that was looked for."""

    def __init__(self, facts: model.ModuleFacts) -> None:
        super().__init__("The token is not connected.")
        self.facts = facts


class TokenSession:
    """Answers requests, in order, with the state that PKCS#11 keeps between them."""

    def __init__(self) -> None:
        self._path = ""
        self._library: Any = None
        self._session: Any = None
        self._keys: Keyring | None = None
        self._subkeys = Subkeys()
        self._answers: Mapping[type, Callable[[Any], object]] = {
            requests.Open: self._open,
            requests.Login: self._login,
            requests.ChangePin: self._change_pin,
            requests.DescribeModule: self._describe_module,
            requests.DescribeToken: self._describe_token,
            requests.InitialiseToken: self._initialise_token,
            requests.PersonaliseToken: self._personalise_token,
            requests.Mac: self._mac,
            requests.MacMany: self._mac_many,
            requests.Sign: self._sign,
            requests.Random: self._random,
            requests.Wrap: self._wrap,
            requests.Unwrap: self._unwrap,
            requests.GenerateDataKeys: self._generate_data_keys,
            requests.Generate: self._generate,
            requests.Find: self._find,
            requests.AskCheckValues: self._check_values,
            requests.AskPublicKey: self._public_key,
            requests.Destroy: self._destroy,
            requests.PutData: self._put_data,
            requests.GetData: self._get_data,
            requests.RunTrials: self._run_trials,
        }

    def answer(self, request: object) -> object:
        """Return the reply to a request; raises HsmError."""
        return self._answers[type(request)](request)

    def end(self) -> None:
        """Log out and finalise the module, as far as it still answers; no subkey stays."""
        self._subkeys.wipe()
        if self._library is None:
            return
        try:
            if self._session is not None:
                self._session.close()
            self._library.finalize()
        except pkcs11.exceptions.PKCS11Error:
            return  # the process ends anyway, and with it the session

    # --- module and token -------------------------------------------------------------------------

    def _open(self, request: requests.Open) -> requests.Done:
        self._library = module_facts.load(request.module)
        self._path = request.module
        return requests.Done()

    def _login(self, request: requests.Login) -> requests.TokenDescribed:
        self._session = looked(lambda: self._logged_in(request), self._start_anew)
        self._keys = Keyring(self._session)
        self._keys.load()
        self._compare(request)
        return requests.TokenDescribed(module_facts.token_facts(self._session.token))

    def _logged_in(self, request: requests.Login) -> Any:
        """Return a session that the PIN has logged in."""
        token = module_facts.find_token(self._library, request.label, request.serial)
        try:
            # Read and write: a refused read-only log-in leaks its session in python-pkcs11.
            return token.open(rw=True, user_pin=request.pin.decode())
        except pkcs11.exceptions.PKCS11Error as error:
            raise translate(error, "log in") from error
        except UnicodeDecodeError as error:
            raise errors.PinRefused("The token refused the PIN.", {"Doing": "log in"}) from error

    def _compare(self, request: requests.Login) -> None:
        session, keys = self._open_session()
        compared = 0
        missing: errors.ObjectGone | None = None
        for label, expected in request.check_values.items():
            try:
                found = check_values.check_value(session, keys, label)
            except errors.ObjectGone as error:
                if not request.restoring:
                    raise
                missing = error
                continue
            if found != expected.upper():
                raise errors.OtherToken(
                    f"The token holds another key {label} than the one that this vault was made with.",
                    {"Key": label, "Check value": f"{found}, expected {expected.upper()}"},
                )
            compared += 1
        if missing is not None and not compared:
            raise missing

    def _change_pin(self, request: requests.ChangePin) -> requests.Done:
        session, _ = self._open_session()
        with translated("change the PIN"):
            session.set_pin(request.old.decode(), request.new.decode())
        return requests.Done()

    def _describe_module(self, request: requests.DescribeModule) -> requests.ModuleDescribed:
        def look() -> model.ModuleFacts:
            facts = module_facts.module_facts(self._library, self._path)
            if request.serial and all(slot.serial != request.serial for slot in facts.slots):
                raise _NotAmongThem(facts)
            return facts

        if self._session is not None:  # starting the module anew would log out
            return requests.ModuleDescribed(module_facts.module_facts(self._library, self._path))
        try:
            return requests.ModuleDescribed(looked(look, self._start_anew))
        except _NotAmongThem as without:
            return requests.ModuleDescribed(without.facts)

    def _describe_token(self, request: requests.DescribeToken) -> requests.TokenDescribed:
        del request
        session, _ = self._open_session()
        with translated("describe the token"):
            return requests.TokenDescribed(module_facts.token_facts(session.token.slot.get_token()))

    def _start_anew(self) -> None:
        with translated("start the module anew"):
            self._library.reinitialize()

    def _initialise_token(self, request: requests.InitialiseToken) -> requests.Done:
        initialise.initialise_free_slot(Path(request.module), request.label, request.so_pin)
        return requests.Done()

    def _personalise_token(self, request: requests.PersonaliseToken) -> requests.TokenDescribed:
        token = module_facts.find_new_token(self._library, request.label)
        personalise.personalise(token, request)
        with translated("describe the token"):
            return requests.TokenDescribed(module_facts.token_facts(token.slot.get_token()))

    # --- using keys -------------------------------------------------------------------------------

    def _mac(self, request: requests.Mac) -> requests.Values:
        return requests.Values(self._macs(request.key_label, request.messages))

    def _mac_many(self, request: requests.MacMany) -> requests.Values:
        values: list[bytes] = []
        for part in request.parts:
            if part.subkey:
                _, keys = self._open_session()
                values += self._subkeys.macs(keys, part)
            else:
                values += self._macs(part.key_label, part.messages)
        return requests.Values(tuple(values))

    def _macs(self, label: str, messages: tuple[bytes, ...]) -> tuple[bytes, ...]:
        _, keys = self._open_session()
        refuse_derivation(label, messages)

        def compute(key: Any) -> tuple[bytes, ...]:
            return tuple([key.sign(message, mechanism=Mechanism.SHA256_HMAC) for message in messages])

        with translated(f"compute digests with {label}"):
            return keys.using(label, compute)

    def _sign(self, request: requests.Sign) -> requests.Values:
        _, keys = self._open_session()

        def sign_all(key: Any) -> tuple[bytes, ...]:
            return tuple([sign(key, message) for message in request.messages])

        with translated(f"sign with {request.key_label}"):
            return requests.Values(keys.using(request.key_label, sign_all))

    def _random(self, request: requests.Random) -> requests.Values:
        session, _ = self._open_session()
        return requests.Values((wrapping.random_bytes(session, request.count),))

    def _wrap(self, request: requests.Wrap) -> requests.Values:
        session, keys = self._open_session()
        return requests.Values(wrapping.wrap(session, keys, request.kek_label, request.algorithm, request.items))

    def _unwrap(self, request: requests.Unwrap) -> requests.Values:
        _, keys = self._open_session()
        return requests.Values(wrapping.unwrap(keys, request.kek_label, request.algorithm, request.items))

    def _generate_data_keys(self, request: requests.GenerateDataKeys) -> requests.DataKeys:
        session, keys = self._open_session()
        made = wrapping.generate_data_keys(session, keys, request.kek_label, request.algorithm, request.aads)
        return requests.DataKeys(made)

    # --- objects on the token ---------------------------------------------------------------------

    def _generate(self, request: requests.Generate) -> requests.Keys:
        session, keys = self._open_session()
        made: list[list[Any]] = []
        try:
            for template in request.templates:
                if keys.search(template.label):
                    raise errors.AlreadyOnToken(f"The token already holds a key named {template.label}.")  # noqa: TRY301
                made.append(attributes.generate(session, template))
                keys.forget(template.label)
            return requests.Keys(tuple([attributes.key_facts(items[0]) for items in made]))
        except BaseException:
            for items in made:
                for item in items:
                    item.destroy()
            raise

    def _find(self, request: requests.Find) -> requests.Keys:
        _, keys = self._open_session()
        items = keys.everything() if request.label is None else keys.search(request.label)
        return requests.Keys(tuple([attributes.key_facts(item) for item in items]))

    def _check_values(self, request: requests.AskCheckValues) -> requests.CheckValues:
        session, keys = self._open_session()
        found = {label: check_values.check_value(session, keys, label) for label in request.labels}
        return requests.CheckValues(found)

    def _public_key(self, request: requests.AskPublicKey) -> requests.Values:
        _, keys = self._open_session()
        return requests.Values((check_values.public_key(keys, request.label),))

    def _destroy(self, request: requests.Destroy) -> requests.Done:
        _, keys = self._open_session()
        items = keys.search(request.label)
        if not items:
            raise errors.ObjectGone(f"The key {request.label} is not on the token.", {"Key": request.label})
        with translated(f"destroy the key {request.label}"):
            for item in sorted(items, key=lambda item: isinstance(item, pkcs11.PublicKey)):
                item.destroy()
        if keys.search(request.label):
            raise errors.MechanismFailed(f"The key {request.label} is still on the token.", {"Key": request.label})
        return requests.Done()

    def _put_data(self, request: requests.PutData) -> requests.Done:
        session, _ = self._open_session()
        data_objects.put(session, request.label, request.value)
        return requests.Done()

    def _get_data(self, request: requests.GetData) -> requests.Values:
        session, _ = self._open_session()
        value = data_objects.get(session, request.label)
        return requests.Values(() if value is None else (value,))

    def _run_trials(self, request: requests.RunTrials) -> requests.Trials:
        del request
        session, _ = self._open_session()
        return requests.Trials(tuple(trials.run_all(session)))

    def _open_session(self) -> tuple[Any, Keyring]:
        if self._session is None or self._keys is None:
            raise errors.NotLoggedIn(_PIN_MISSING)
        return self._session, self._keys
