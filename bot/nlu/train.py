"""Training as `rasa train` does it, without TensorFlow, which none of this assistant's components needs.

python -m bot.nlu.train PROJECT OUT: reads config.yml, domain.yml and nlu_data/ of a project, writes OUT/model.tar.gz.
`SPORTELLO_PROJECT_DIR` must name the same project: components read from there what Rasa does not hand them.
"""

import copy
import logging
import sys
from pathlib import Path
from typing import Any

from bot.logs import configure_logging
from bot.nlu.without_tensorflow import leave_out_tensorflow

NAME = "model"


def main() -> None:
    """Entry point. Ends with 1 when nothing was trained."""
    configure_logging("train")
    for noisy in ("matplotlib", "apscheduler"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    leave_out_tensorflow()
    # Imported here: it takes seconds, and only after TensorFlow was put aside.
    from rasa.model_training import train

    read_schemas_once()
    project, out = Path(sys.argv[1]), Path(sys.argv[2])
    # Forced: Rasa's own cache does not know the encoder setting and would hand out the other variant's model.
    trained = train(
        str(project / "domain.yml"),
        str(project / "config.yml"),
        str(project / "nlu_data"),
        output=str(out),
        force_training=True,
        fixed_model_name=NAME,
    )
    sys.exit(0 if trained.model else 1)


def read_schemas_once() -> None:
    """Keep Rasa's own schemas once read: it reads them anew for each file of examples, for half the time of a training."""
    import rasa
    from rasa.shared.utils import io

    own, read_file = Path(rasa.__file__).parent, io.read_yaml_file
    kept: dict[str, Any] = {}

    def read_kept(filename: str | Path, *arguments: Any, **options: Any) -> Any:
        if own not in Path(filename).parents:
            return read_file(filename, *arguments, **options)
        if str(filename) not in kept:
            kept[str(filename)] = read_file(filename, *arguments, **options)
        # Whoever asks may change what it gets.
        return copy.deepcopy(kept[str(filename)])

    io.read_yaml_file = read_kept


if __name__ == "__main__":
    main()
