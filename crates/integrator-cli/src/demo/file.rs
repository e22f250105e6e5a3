//! A large file on disk for the upload, with what its receiver must find; it is removed in the end.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use flate2::Crc;

/// Length of the pieces it is written in.
const PIECE: usize = 64 * 1024;

/// A file of made-up bytes.
#[derive(Debug)]
pub(super) struct Large {
    path: PathBuf,
    /// Length in bytes.
    pub(super) length: u64,
    /// CRC-32 of all bytes.
    pub(super) crc32: u32,
}

impl Large {
    /// Writes a file of this many bytes.
    ///
    /// # Errors
    /// When the folder for temporary files cannot be written to.
    pub(super) fn write(length: u64) -> io::Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = format!("integrator-demo-{}-{}.bin", std::process::id(), now.as_nanos());
        let path = std::env::temp_dir().join(name);
        let file = File::create_new(&path)?;
        // From here on the file is removed also when writing fails.
        let mut large = Self { path, length, crc32: 0 };
        let mut writer = BufWriter::new(file);
        let mut crc = Crc::new();
        let mut piece: Vec<u8> = (0..=u8::MAX).cycle().take(PIECE).collect();
        let mut left = length;
        while left > 0 {
            // No two pieces are alike, so that one that is lost or sent twice shows.
            piece[..8].copy_from_slice(&left.to_le_bytes());
            let end = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
            writer.write_all(&piece[..end])?;
            crc.update(&piece[..end]);
            left -= end as u64;
        }
        writer.flush()?;
        large.crc32 = crc.sum();
        Ok(large)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        // What cannot be removed is left to the system, as all temporary files are.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_as_it_says_and_goes_away() {
        let large = Large::write(PIECE as u64 * 2 + 5).unwrap();
        let (path, bytes) = (large.path().to_owned(), fs::read(large.path()).unwrap());
        let mut crc = Crc::new();
        crc.update(&bytes);
        assert_eq!((bytes.len() as u64, crc.sum()), (large.length, large.crc32));
        drop(large);
        assert!(!path.exists());
    }
}
