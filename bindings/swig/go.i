/* Go: how text crosses. A Go string goes in as pointer and length without a copy; what comes out is copied. */
%insert(cgo_comment) %{
#include <stdlib.h>
%}

%typemap(gotype) sx_text, sx_blob "string"
%typemap(imtype) sx_text, sx_blob "string"
%typemap(out, fragment="AllocateString") sx_text %{ $result = Swig_AllocateString($1.data, $1.len); %}
%typemap(out, fragment="AllocateString") sx_blob
%{
    $result = Swig_AllocateString($1.data, $1.len);
    free($1.data);
%}
%typemap(goout, fragment="CopyString") sx_text, sx_blob %{ $result = swigCopyString($1) %}

%apply (char *STRING, size_t LENGTH) { (const char *src, size_t src_len) };
