"""All variants, in the order of a round."""

from bench.variants.bento import BentoMl
from bench.variants.docs_style import DocsStyle
from bench.variants.echo import Echo
from bench.variants.mlserver import MlServer
from bench.variants.old_service import OldService, OldServiceOnce
from bench.variants.pair import Pair
from bench.variants.pair_grpc import PairGrpc
from bench.variants.runtime import Runtime
from bench.variants.runtime_grpc import RuntimeGrpc
from bench.variants.variant import Variant
from bench.variants.watched import PairLogged, PairTraced, PairTracedWhole

VARIANTS: tuple[type[Variant], ...] = (
    *(Pair, PairTraced, PairTracedWhole, PairLogged, PairGrpc, Runtime, RuntimeGrpc),
    *(DocsStyle, OldService, OldServiceOnce, BentoMl, MlServer, Echo),
)
