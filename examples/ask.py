"""ask.py FILE... QUESTION: answers from documents, with citations; personal data in the answer is masked."""

import sys

import sextant


def main(*args: str) -> None:
    *files, question = args
    with sextant.Corpus() as corpus:  # in memory; Corpus("notes.sextant") keeps it in a file
        for file in files:
            corpus.ingest_file(file)
        with sextant.Guard(default_action=sextant.Action.MASK) as guard:
            context = sextant.Context(corpus=corpus, guard=guard)  # model=sextant.Model("m.gguf") lets a model answer
        with context, context.retrieve(question) as evidence:
            print(f"confidence {evidence.confidence:.2f}", file=sys.stderr)
            with context.generate(question, evidence) as reply:
                for piece in reply:
                    print(piece, end="", flush=True)
                for citation in reply.citations:
                    print(f"\n[{citation.doc} {citation.node}] {citation.path}", end="")
            print()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except sextant.SextantError as problem:
        sys.exit(f"ask: {problem}")
