"""From text to numbers and back: vocabularies, subwords, n-grams, searching and writing."""

from dl_lib.text.byte_pairs import BytePairs, learn_byte_pairs
from dl_lib.text.generation import generate, next_token_probabilities
from dl_lib.text.kneser_ney import KneserNey
from dl_lib.text.ngrams import count_ngrams, ngrams
from dl_lib.text.search import beam_search, exhaustive_search, greedy_search
from dl_lib.text.vocabulary import Vocabulary
from dl_lib.text.word_pieces import WordPieces, learn_word_pieces

__all__ = [
    "BytePairs",
    "KneserNey",
    "Vocabulary",
    "WordPieces",
    "beam_search",
    "count_ngrams",
    "exhaustive_search",
    "generate",
    "greedy_search",
    "learn_byte_pairs",
    "learn_word_pieces",
    "next_token_probabilities",
    "ngrams",
]
