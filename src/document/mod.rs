//! What did the author write, and is it sound? (Stub: being written.)

pub mod schema;
