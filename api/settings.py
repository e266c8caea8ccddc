"""Settings of the service: from the environment, a TOML file, and the options of `motion serve`."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from action_library.stores import default_path
from motion_engine.errors import BadCommand

FILE = "MOTION_SETTINGS"  # names the file, if there is one

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0.0)]
Rate = Annotated[float, Field(gt=0.0)]


class Settings(BaseSettings):
    """What the service may be told; each is `MOTION_NAME` in the environment and `name` in the file."""

    model_config = SettingsConfigDict(env_prefix="MOTION_", frozen=True, extra="forbid", allow_inf_nan=False)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8765
    library: str | None = None  # as of `open_store`
    data: Path = Field(default_factory=lambda: default_path().parent / "service")  # keys, renders and their results
    stable_animator: Path | None = None  # the folder of its weights

    keys: bool | None = None  # whether callers need one; None: unless the address is this machine's own
    cors: tuple[str, ...] = ()  # origins of web pages that may use the service, such as "https://example.org"

    longest: Seconds = 600.0  # s of one track
    body_bytes: Count = 1 << 18  # 20,000 characters, each written as two escapes of six bytes
    sound_bytes: Count = 16 << 20  # a minute of stereo at 48 kHz, uncompressed, and some more
    upload_bytes: Count = 64 << 20  # of a motion file
    picture_bytes: Count = 24 << 20  # of a render with its reference picture
    body_seconds: Seconds = 60.0  # within which a request has arrived
    head_seconds: Seconds = 10.0  # within which its head has
    connections: Count = 2000
    at_once: Count = max(2, os.cpu_count() or 1)  # commands that are composed, or pictures drawn, at the same time
    waiting: Count = 64  # others that wait for them; more are sent away
    per_second: Rate = 50.0  # requests of one caller
    burst: Count = 200  # requests of one caller at once

    renders_waiting: Count = 8  # unfinished renders of one caller
    renders_kept: Rate = 7 * 24.0  # hours

    rooms: Count = 16  # live characters
    viewers: Count = 1000  # of all rooms
    commands_per_minute: Rate = 20.0  # of one sender of the audience
    commands_waiting: Count = 20  # of one room
    vote_seconds: Seconds = 15.0
    blocked_words: tuple[str, ...] = ()
    vmc: tuple[str, ...] = ()  # host:port of programs that get the room `main` by VMC

    warm: bool = True  # whether models are loaded at the start, rather than by the first who needs them
    shutdown_seconds: Seconds = 20.0  # for requests that are being answered
    log: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = "info"

    @property
    def needs_keys(self) -> bool:
        """Whether callers need a key."""
        return not is_loopback(self.host) if self.keys is None else self.keys

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options before the environment, and that before the file."""
        file = TomlConfigSettingsSource(settings_cls, Path(os.environ[FILE])) if os.environ.get(FILE) else None
        return (init_settings, env_settings, file) if file else (init_settings, env_settings)

    @classmethod
    def read(cls, **stated: Any) -> Settings:
        """The settings; `stated` ones that are not None come first.

        Raises:
            BadCommand: One of them is wrong, or the file that MOTION_SETTINGS names cannot be read.
        """
        import tomllib

        file = os.environ.get(FILE)
        if file and not Path(file).is_file():
            raise BadCommand(f"{FILE} names {file}, which is no file: make it, or unset {FILE}.")
        try:
            return cls(**{name: value for name, value in stated.items() if value is not None})
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            raise BadCommand(f"The setting {name} ({first['input']!r}): {first['msg']}.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise BadCommand(f"{file} is no TOML file ({error}): correct it, or unset {FILE}.") from None


def is_loopback(host: str) -> bool:
    """Whether only this machine itself reaches an address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
