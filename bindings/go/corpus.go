package sextant

import (
	"context"
	"runtime"

	"sextant/internal/raw"
)

// Corpus keeps documents as trees, in one file or in memory; goroutines may share it.
type Corpus struct {
	life
	raw    raw.Llm_corpus
	maxDoc uint64
}

type corpusOpts struct {
	flags         uint
	maxDocBytes   uint64
	maxCacheBytes uint64
	maxDocNodes   uint64
}

// CorpusOption changes how a corpus is opened.
type CorpusOption func(*corpusOpts)

// ReadOnly opens an existing corpus for reading only.
func ReadOnly() CorpusOption { return func(o *corpusOpts) { o.flags |= uint(raw.LLM_CORPUS_READONLY) } }

// MaxDocBytes sets the longest document taken.
func MaxDocBytes(n uint64) CorpusOption { return func(o *corpusOpts) { o.maxDocBytes = n } }

// MaxCacheBytes bounds what the corpus keeps in memory between calls; 0 means 512 MiB.
func MaxCacheBytes(n uint64) CorpusOption { return func(o *corpusOpts) { o.maxCacheBytes = n } }

// MaxDocNodes bounds the places (sections, paragraphs, sentences) of a document's tree; 0 means 16 Mi.
func MaxDocNodes(n uint64) CorpusOption { return func(o *corpusOpts) { o.maxDocNodes = n } }

// OpenCorpus opens or creates a corpus file; with the path "" the corpus is in memory.
func OpenCorpus(path string, opts ...CorpusOption) (*Corpus, error) {
	const op = "open corpus"
	var o corpusOpts
	for _, opt := range opts {
		opt(&o)
	}
	if err := cstring(op, "a path", path); err != nil {
		return nil, err
	}
	c := &Corpus{maxDoc: o.maxDocBytes}
	err := quick(op, func(e raw.Llm_error) {
		c.raw = raw.Sx_corpus_open(path, o.flags, o.maxDocBytes, o.maxCacheBytes, o.maxDocNodes, logQueue, e)
	})
	if err != nil {
		return nil, err
	}
	h := c.raw
	c.name, c.free = "corpus", func() { raw.Llm_corpus_free(h) }
	runtime.SetFinalizer(c, func(c *Corpus) { c.close() })
	return c, nil
}

// Close drops your reference; contexts and trees keep theirs.
func (c *Corpus) Close() error {
	c.close()
	return nil
}

type ingestOpts struct {
	format               Format
	folder, labels, meta string // as the raw call takes them: "" for what stays as it was
	err                  error
}

// IngestOption changes how a document is read.
type IngestOption func(*ingestOpts)

// As says how to read the document instead of going by its name.
func As(format Format) IngestOption { return func(o *ingestOpts) { o.format = format } }

// In says which folder the document stands in; "" is the root.
func In(folder string) IngestOption {
	return func(o *ingestOpts) {
		if err := cstring("ingest", "a folder", folder); err != nil {
			o.err = err
		}
		o.folder = folder + "\x00"
	}
}

// Labelled says which labels a document has: who holds none of them does not see it. Without any, everybody does.
func Labelled(labels ...string) IngestOption {
	return func(o *ingestOpts) {
		list, err := stringList("ingest", "labels", labels)
		if err != nil {
			o.err = err
		}
		o.labels = list + "\x00"
	}
}

// Meta says "key=value" pairs that a filter can ask for.
func Meta(pairs ...string) IngestOption {
	return func(o *ingestOpts) {
		list, err := stringList("ingest", "pairs", pairs)
		if err != nil {
			o.err = err
		}
		o.meta = list + "\x00"
	}
}

func (c *Corpus) write(ctx context.Context, op string, opts []IngestOption,
	call func(o ingestOpts, stop raw.Llm_cancel, e raw.Llm_error)) error {
	var o ingestOpts
	for _, opt := range opts {
		opt(&o)
	}
	if o.err != nil {
		return o.err
	}
	if err := c.enter(op); err != nil {
		return err
	}
	defer c.leave()
	return run(ctx, op, func(stop raw.Llm_cancel, e raw.Llm_error) { call(o, stop, e) })
}

// Ingest adds a document, or replaces the one of that name; wholly or not at all, also across a crash.
func (c *Corpus) Ingest(ctx context.Context, name, text string, opts ...IngestOption) error {
	const op = "ingest"
	if err := cstring(op, "a name", name); err != nil {
		return err
	}
	return c.write(ctx, op, opts, func(o ingestOpts, stop raw.Llm_cancel, e raw.Llm_error) {
		raw.Sx_ingest(c.raw, name, text, uint(o.format), o.folder, o.labels, o.meta, stop, e)
	})
}

// IngestFile does the same with the bytes of a file; with the name "" the path's last part is taken.
func (c *Corpus) IngestFile(ctx context.Context, path, name string, opts ...IngestOption) error {
	const op = "ingest file"
	if err := cstring(op, "a name or path", path+name); err != nil {
		return err
	}
	return c.write(ctx, op, opts, func(o ingestOpts, stop raw.Llm_cancel, e raw.Llm_error) {
		raw.Sx_ingest_file(c.raw, path, name, uint(o.format), o.folder, o.labels, o.meta, stop, e)
	})
}

// Describe changes what is said about a document: In, Labelled and Meta. With a node of its tree ("" for the whole), the labels
// of that place.
func (c *Corpus) Describe(ctx context.Context, name, node string, opts ...IngestOption) error {
	const op = "describe"
	if err := cstring(op, "a name or node", name+node); err != nil {
		return err
	}
	return c.write(ctx, op, opts, func(o ingestOpts, stop raw.Llm_cancel, e raw.Llm_error) {
		raw.Sx_describe(c.raw, name, node, o.folder, o.labels, o.meta, e)
	})
}

// Edit replaces the bytes [begin, end) of a document's canonical text, durably and at once. New words inside a paragraph leave
// all other nodes their ids. With a hash, that of the root node the offsets were taken from, it fails with ErrBusy when the
// document has changed since.
func (c *Corpus) Edit(name string, begin, end int, text, hash string) error {
	const op = "edit"
	if err := cstring(op, "a name or hash", name+hash); err != nil {
		return err
	}
	if begin < 0 || end < 0 {
		return invalid(op, "an offset is negative")
	}
	if err := c.enter(op); err != nil {
		return err
	}
	defer c.leave()
	return quick(op, func(e raw.Llm_error) { raw.Sx_edit(c.raw, name, uint64(begin), uint64(end), text, hash, e) })
}

// PageIndex is a document's tree as PageIndex's JSON, which Ingest reads too.
func (c *Corpus) PageIndex(name string) (string, error) {
	const op = "write tree"
	if err := cstring(op, "a name", name); err != nil {
		return "", err
	}
	if err := c.enter(op); err != nil {
		return "", err
	}
	defer c.leave()
	var tree raw.Llm_tree
	if err := quick(op, func(e raw.Llm_error) { tree = raw.Sx_tree_open(c.raw, name, e) }); err != nil {
		return "", err
	}
	defer raw.Llm_tree_free(tree)
	var json string
	err := quick(op, func(e raw.Llm_error) { json = raw.Sx_tree_json(tree, e) })
	return json, err
}

// View is the corpus as a holder of these labels sees it, for a Context, Docs and Tree: of the rest nothing is shown, counted
// or scored. It cannot be written to.
func (c *Corpus) View(labels ...string) (*Corpus, error) {
	const op = "view"
	list, err := stringList(op, "labels", labels)
	if err != nil {
		return nil, err
	}
	if err := c.enter(op); err != nil {
		return nil, err
	}
	defer c.leave()
	v := &Corpus{}
	if err := quick(op, func(e raw.Llm_error) { v.raw = raw.Sx_corpus_view(c.raw, list, e) }); err != nil {
		return nil, err
	}
	h := v.raw
	v.name, v.free = "corpus", func() { raw.Llm_corpus_free(h) }
	runtime.SetFinalizer(v, func(v *Corpus) { v.close() })
	return v, nil
}

// Remove removes a document; ErrNotFound when there is none of that name.
func (c *Corpus) Remove(name string) error {
	const op = "remove"
	if err := cstring(op, "a name", name); err != nil {
		return err
	}
	if err := c.enter(op); err != nil {
		return err
	}
	defer c.leave()
	return quick(op, func(e raw.Llm_error) { raw.Llm_remove(c.raw, name, e) })
}

// Check proves the whole corpus sound, or fails with ErrCorrupt and what is lost.
func (c *Corpus) Check() error {
	if err := c.enter("check corpus"); err != nil {
		return err
	}
	defer c.leave()
	return quick("check corpus", func(e raw.Llm_error) { raw.Llm_corpus_check(c.raw, e) })
}

// Docs are the documents as they are now, sorted by name.
func (c *Corpus) Docs() ([]Doc, error) {
	if err := c.enter("list documents"); err != nil {
		return nil, err
	}
	defer c.leave()
	var docs raw.Llm_docs
	if err := quick("list documents", func(e raw.Llm_error) { docs = raw.Sx_docs_list(c.raw, e) }); err != nil {
		return nil, err
	}
	defer raw.Llm_docs_free(docs)
	list := make([]Doc, raw.Llm_docs_count(docs))
	for i := range list {
		at := uint(i)
		list[i] = Doc{raw.Llm_docs_name(docs, at), int(raw.Llm_docs_bytes(docs, at)), int(raw.Llm_docs_nodes(docs, at)),
			raw.Llm_docs_hash(docs, at), nil}
		for k := uint(0); ; k++ {
			item := raw.Llm_docs_about(docs, at, k)
			if item == "" {
				break
			}
			list[i].About = append(list[i].About, item)
		}
	}
	return list, nil
}

// Tree is a document's canonical text and the nodes of its tree in reading order, a parent before its children.
type Tree struct {
	Text  string
	Nodes []Node
	at    map[string]int
}

// Find is the position of a node id such as "0.2.5", or -1.
func (t *Tree) Find(id string) int {
	if i, ok := t.at[id]; ok {
		return i
	}
	return -1
}

// Tree is the tree of a document as it is now: a copy.
func (c *Corpus) Tree(name string) (*Tree, error) {
	const op = "open tree"
	if err := cstring(op, "a name", name); err != nil {
		return nil, err
	}
	if err := c.enter(op); err != nil {
		return nil, err
	}
	defer c.leave()
	var tree raw.Llm_tree
	if err := quick(op, func(e raw.Llm_error) { tree = raw.Sx_tree_open(c.raw, name, e) }); err != nil {
		return nil, err
	}
	defer raw.Llm_tree_free(tree)
	n := raw.Llm_tree_count(tree)
	made := &Tree{Text: raw.Sx_tree_text(tree), Nodes: make([]Node, n), at: make(map[string]int, n)}
	for i := uint(0); i < n; i++ {
		node := Node{
			ID: raw.Llm_tree_id(tree, i), Parent: int(raw.Llm_tree_parent(tree, i)),
			Kind: NodeKind(raw.Llm_tree_kind(tree, i)), Depth: int(raw.Llm_tree_depth(tree, i)),
			Title: raw.Llm_tree_title(tree, i), Start: int(raw.Llm_tree_start(tree, i)),
			End: int(raw.Llm_tree_end(tree, i)), Hash: raw.Llm_tree_hash(tree, i),
		}
		made.Nodes[i] = node
		made.at[node.ID] = int(i)
	}
	return made, nil
}
