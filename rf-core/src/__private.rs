//! What the macro's expansion names.
