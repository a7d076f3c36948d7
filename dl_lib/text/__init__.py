"""From text to numbers and back: vocabularies, subwords, n-grams, and the search for a sequence."""

from dl_lib.text.byte_pairs import BytePairs, learn_byte_pairs
from dl_lib.text.ngrams import count_ngrams, ngrams
from dl_lib.text.search import beam_search, exhaustive_search, greedy_search
from dl_lib.text.vocabulary import Vocabulary
from dl_lib.text.word_pieces import WordPieces, learn_word_pieces

__all__ = [
    "BytePairs",
    "Vocabulary",
    "WordPieces",
    "beam_search",
    "count_ngrams",
    "exhaustive_search",
    "greedy_search",
    "learn_byte_pairs",
    "learn_word_pieces",
    "ngrams",
]
