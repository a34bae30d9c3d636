"""What every section of the configuration file has in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

ID_FORM = r"^[a-z0-9-]{1,32}$"
CREDENTIAL_FORM = r"^[A-Za-z0-9_.-]{1,64}$"  # systemd.exec(5): a plain file name
ROOT_FORM = r"^[A-Za-z0-9_-]{1,32}$"
PORTS_FORM = r"^[0-9]{4,5}-[0-9]{4,5}$"
IDENTITY_FORM = r"^(anonymous|\+?[0-9*#]{1,32})$"

Id = Annotated[str, StringConstraints(pattern=ID_FORM)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=128)]
FilePath = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Port = Annotated[int, Field(ge=1, le=65535)]
AnyPort = Annotated[int, Field(ge=0, le=65535)]


class Section(BaseModel):
    """Strict: a word is not a number, a number is not a word, and unknown keys are refused."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True)
