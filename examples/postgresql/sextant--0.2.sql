-- The functions of sextant_pg.so. Redaction is for everybody; what opens files on the server is for those it is granted to.
CREATE FUNCTION redact(text) RETURNS text
    AS 'MODULE_PATHNAME', 'sextant_redact' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;

CREATE FUNCTION ingest(corpus text, name text, body text) RETURNS void
    AS 'MODULE_PATHNAME', 'sextant_ingest' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

CREATE FUNCTION retrieve(corpus text, question text, top integer DEFAULT 10,
        OUT doc text, OUT node text, OUT path text, OUT passage text, OUT start_at bigint, OUT end_at bigint,
        OUT score double precision, OUT confidence double precision)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'sextant_retrieve' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 10000 ROWS 10;

REVOKE ALL ON FUNCTION ingest(text, text, text), retrieve(text, text, integer) FROM PUBLIC;
GRANT USAGE ON SCHEMA sextant TO PUBLIC;
