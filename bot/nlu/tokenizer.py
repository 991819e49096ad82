"""Rasa component: tokens and lemmas from our Italian spaCy pipeline."""

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.italian import italian


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class ItalianTokenizer(Tokenizer):
    """Tokenises a message's text; named in `config.yml`."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa's own options for tokenizers."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    @staticmethod
    def required_packages() -> list[str]:
        """Checked by Rasa on loading."""
        return ["spacy"]

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Tokens with their lemma, in order."""
        text = message.get(attribute)
        return [
            Token(token.text, token.idx, lemma=token.lemma_ or token.text)
            for token in italian()(text)
            if not token.is_space
        ]
