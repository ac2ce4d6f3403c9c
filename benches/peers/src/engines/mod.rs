//! One file per engine; `common` holds what the hand-written ones and gatehouse share.

#[cfg(feature = "casbin")]
pub mod casbin;
#[cfg(feature = "cedar")]
pub mod cedar;
#[cfg(feature = "cel")]
pub mod cel;
pub mod common;
#[cfg(feature = "gatehouse")]
pub mod gatehouse;
pub mod index;
pub mod linear;
#[cfg(feature = "placet")]
pub mod placet;
#[cfg(feature = "regorus")]
pub mod regorus;

/// What an engine says that is compared only where there are no globs.
pub fn no_globs(glob: &str) -> ! {
    panic!("`{glob}`: the sets with globs are not for this engine")
}
