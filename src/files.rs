//! Where are the documents? Reads files and folders; the only room that touches the file system (feature `fs`).
//!
//! In folders, at any depth, documents are files whose name ends in `.yaml`, `.yml` or `.json`; names that begin with a dot and
//! folders that are links are passed over. A file that is named itself is read whatever its name.
//!
//! ```
//! let policy = placet::load("examples/quickstart.yaml", &placet::Limits::default())?;
//! assert_eq!(policy.rules().len(), 2);
//! # Ok::<(), placet::files::LoadError>(())
//! ```

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostics;
use crate::document::{self, Validated};
use crate::limits::Limits;

/// Why a policy could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A file or folder cannot be read.
    #[error("cannot read `{}`: {error}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A folder that has no documents: probably not the one that is meant.
    #[error("`{}` has no documents: no file in it ends in `.yaml`, `.yml` or `.json`", path.display())]
    Empty {
        /// Which.
        path: PathBuf,
    },
    /// The documents are not sound.
    #[error("{0}")]
    Unsound(Diagnostics),
}

/// Loads a policy from a file or folder.
///
/// # Errors
/// What cannot be read, or everything that is wrong with the documents.
pub fn load(path: impl AsRef<Path>, limits: &Limits) -> Result<Validated, LoadError> {
    load_all([path], limits)
}

/// Loads a policy from several files and folders.
///
/// # Errors
/// What cannot be read, or everything that is wrong with the documents.
pub fn load_all<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>, limits: &Limits) -> Result<Validated, LoadError> {
    let texts = read(paths, limits)?;
    document::load(texts, limits).map_err(LoadError::Unsound)
}

/// Reads the documents of several files and folders, as name and text; names are paths.
///
/// # Errors
/// What cannot be read.
pub fn read<P: AsRef<Path>>(
    paths: impl IntoIterator<Item = P>,
    limits: &Limits,
) -> Result<Vec<(String, String)>, LoadError> {
    let mut found = Vec::new();
    for path in paths {
        let path = path.as_ref();
        let meta = fs::metadata(path).map_err(|error| unreadable(path, error))?;
        let before = found.len();
        if meta.is_dir() {
            walk(path, limits, &mut found)?;
            if found.len() == before {
                return Err(LoadError::Empty { path: path.to_owned() });
            }
        } else {
            found.push(path.to_owned());
        }
    }
    // A file that is named twice, by itself and by its folder, is one document.
    found.sort();
    found.dedup();
    found.iter().map(|path| Ok((path.display().to_string(), text(path, limits)?))).collect()
}

fn walk(folder: &Path, limits: &Limits, found: &mut Vec<PathBuf>) -> Result<(), LoadError> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| unreadable(&folder, error))? {
            let entry = entry.map_err(|error| unreadable(&folder, error))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(|error| unreadable(&path, error))?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if kind.is_dir() {
                folders.push(path);
            } else if is_document(&path) && fs::metadata(&path).map_err(|error| unreadable(&path, error))?.is_file() {
                found.push(path);
            }
            // One more than allowed is enough for the loader to refuse them all.
            if found.len() > limits.documents {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn is_document(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    matches!(extension.as_deref(), Some("yaml" | "yml" | "json"))
}

fn text(path: &Path, limits: &Limits) -> Result<String, LoadError> {
    let file = fs::File::open(path).map_err(|error| unreadable(path, error))?;
    // One byte more than allowed is enough for the loader to refuse it.
    let most = u64::try_from(limits.document_bytes).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).map_err(|error| unreadable(path, error))?;
    if bytes.len() > limits.document_bytes {
        // The cut may split a character; the loader refuses by length alone.
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    let name = path.display().to_string();
    document::utf8(&name, &bytes).map(str::to_owned).map_err(LoadError::Unsound)
}

fn unreadable(path: &Path, error: io::Error) -> LoadError {
    LoadError::Unreadable { path: path.to_owned(), error }
}

/// Requests in JSON Lines files beside the documents, for [`crate::suite`]. Files are read when they are first asked for, once.
#[derive(Debug, Default)]
pub struct RequestFiles {
    limits: Limits,
    read: std::cell::RefCell<std::collections::BTreeMap<PathBuf, std::rc::Rc<Lines>>>,
}

/// The lines of a file, and where its ids stand.
#[derive(Debug)]
struct Lines {
    lines: Vec<Vec<u8>>,
    ids: std::collections::BTreeMap<String, usize>,
}

impl RequestFiles {
    /// Files whose lines are requests within these limits.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self { limits: limits.clone(), read: std::cell::RefCell::default() }
    }

    fn lines(&self, path: &Path) -> Result<std::rc::Rc<Lines>, String> {
        if let Some(lines) = self.read.borrow().get(path) {
            return Ok(std::rc::Rc::clone(lines));
        }
        if !fs::metadata(path).map_err(|error| unreadable(path, error).to_string())?.is_file() {
            return Err(format!("`{}` is no file", path.display()));
        }
        let file = fs::File::open(path).map_err(|error| unreadable(path, error).to_string())?;
        let most = u64::try_from(self.limits.document_bytes).unwrap_or(u64::MAX);
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes).map_err(|error| unreadable(path, error).to_string())?;
        let lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let mut ids = std::collections::BTreeMap::new();
        for (at, line) in lines.iter().enumerate() {
            let Ok(serde_json::Value::Object(request)) = serde_json::from_slice(line) else { continue };
            let id = request.get("context").and_then(|context| context.get("evaluation_id")).and_then(|id| id.as_str());
            if let Some(id) = id {
                ids.entry(id.to_owned()).or_insert(at);
            }
        }
        let lines = std::rc::Rc::new(Lines { lines, ids });
        self.read.borrow_mut().insert(path.to_owned(), std::rc::Rc::clone(&lines));
        Ok(lines)
    }
}

impl crate::suite::Requests for RequestFiles {
    fn find(&self, document: &str, file: &str, id: &str) -> Result<std::borrow::Cow<'_, [u8]>, String> {
        // Requests lie beside their documents, or below; what lies elsewhere is nobody's test.
        let is_inside = |part: std::path::Component<'_>| {
            matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir)
        };
        if !Path::new(file).components().all(is_inside) {
            return Err(format!(
                "`{file}` does not lie beside the document: write a path without `..`, from its folder"
            ));
        }
        let path = Path::new(document).parent().unwrap_or(Path::new("")).join(file);
        let lines = self.lines(&path)?;
        // A line that is no request has no id of its own.
        let number = || id.strip_prefix("line-")?.parse::<usize>().ok()?.checked_sub(1);
        let at = lines.ids.get(id).copied().or_else(number);
        let line = at.and_then(|at| lines.lines.get(at));
        line.map(|line| line.clone().into())
            .ok_or_else(|| format!("`{}` has no line with the id `{id}`", path.display()))
    }
}
