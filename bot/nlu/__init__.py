"""Understanding: the Rasa components named in `config.yml`, and what they are made of."""
