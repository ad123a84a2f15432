//! Somebody who vouches for servers, for tests with TLS.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// An authority of a test's own, whom nobody else trusts.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

/// What a server shows, and what it keeps to itself: both PEM.
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

impl Authority {
    /// A new one.
    #[expect(clippy::new_without_default, reason = "each is another")]
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no name is no wrong name");
        // Of a name of its own: whom it vouches for would otherwise seem to vouch for themselves.
        params.distinguished_name.push(DnType::CommonName, "authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, key()).expect("it can sign");
        let folder = TempDir::new().expect("there is room for temporary files");
        fs::write(folder.path().join("roots.pem"), issuer.pem()).expect("the folder is ours");
        Self { issuer, folder }
    }

    /// A file with its own certificate, for those who trust it.
    pub fn roots(&self) -> PathBuf {
        self.folder.path().join("roots.pem")
    }

    /// Vouches for whoever is called so: a name, or an address.
    pub fn vouch(&self, name: &str) -> Identity {
        let key = key();
        let params = CertificateParams::new([name.to_owned()]).expect("a name is given");
        let certificate = params.signed_by(&key, &self.issuer).expect("it can sign");
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

impl Identity {
    /// Puts both into files of a folder: `server.crt` and `server.key`.
    pub(crate) fn write(&self, folder: &Path) -> [PathBuf; 2] {
        let files = [folder.join("server.crt"), folder.join("server.key")];
        for (file, text) in files.iter().zip([&self.certificate, &self.key]) {
            fs::write(file, text).expect("the folder is ours");
        }
        files
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("there is randomness")
}
