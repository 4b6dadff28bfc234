"""Reads include/sextant.h: its functions in order of declaration, the slots of llm_api, and the blocks they stand in."""
import re


def strip_comments(text):
    """Blanks comments out, keeping line numbers."""
    return re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)


class Header:
    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            self.text = f.read()
        self.code = strip_comments(self.text)
        # a declaration may run over several lines; the function's name is the word before the first parenthesis
        self.declared, self.prototypes = [], {}  # (name, line number of its first line)
        for m in re.finditer(r"^LLM_API\s+([^;(]*?)\b(llm_\w+)\s*\(([^;]*)\)\s*;", self.code, flags=re.M):
            self.declared.append((m.group(2), self.code.count("\n", 0, m.start()) + 1))
            self.prototypes[m.group(2)] = squeeze(m.group(1)), squeeze(m.group(3))
        table = re.search(r"typedef struct llm_api \{(.*?)\} llm_api;", self.code, flags=re.S)
        self.slots, self.slot_prototypes = [], {}
        for piece in (table.group(1) if table else "").split(";"):
            m = re.search(r"^([^(]*)\(\*(\w+)\)\s*\((.*)\)$", piece.strip(), flags=re.S)
            if m:
                self.slots.append(m.group(2))
                self.slot_prototypes[m.group(2)] = squeeze(m.group(1)), squeeze(m.group(3))

    def functions(self):
        return [name for name, _ in self.declared]

    def structs(self):
        """Public structs with members: name -> member names in order."""
        out = {}
        for m in re.finditer(r"typedef struct (\w+) \{(.*?)\} \1;", self.code, flags=re.S):
            members = []
            for piece in m.group(2).split(";"):
                piece = piece.strip()
                if not piece:
                    continue
                fn = re.search(r"\(\*(\w+)\)\s*\(", piece)
                name = fn.group(1) if fn else re.search(r"(\w+)\s*(\[\w+\])?$", piece).group(1)
                members.append(name)
            out[m.group(1)] = members
        return out

    def prototype(self, name):
        """Return type and parameter list of a declared function, spaces normalised."""
        return self.prototypes[name]

    def slot_prototype(self, slot):
        return self.slot_prototypes[slot]


def squeeze(text):
    return re.sub(r"\s*([\*,\(\)])\s*", r"\1", re.sub(r"\s+", " ", text)).strip()
