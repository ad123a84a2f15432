//! Holds what a run has said and heard against what the product promises.
