//! TLS to PostgreSQL: whom to trust. A server shows a certificate for the name it is called by, which
//! somebody of these has signed; anything less would let others between.

use super::failure::Failure;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Whose signature counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    /// Those whom the system trusts.
    System,
    /// Those of a file with PEM certificates, and nobody else.
    File(PathBuf),
}

/// What makes TLS connections. The roots are read each time: they may have been renewed.
pub(super) fn connector(roots: &Roots) -> Result<MakeRustlsConnect, Failure> {
    let roots = match roots {
        Roots::System => of_system(),
        Roots::File(file) => of_file(file),
    };
    let roots = roots.map_err(Failure::Refused)?;
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn of_system() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    // What can't be read of them is not trusted.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("this system has no root certificates; name some with sslrootcert".to_owned());
    }
    Ok(roots)
}

fn of_file(file: &Path) -> Result<RootCertStore, String> {
    let named = |why: &dyn std::fmt::Display| format!("sslrootcert {}: {why}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| named(&error))? {
        let certificate = certificate.map_err(|error| named(&error))?;
        roots.add(certificate).map_err(|error| named(&error))?;
    }
    if roots.is_empty() {
        return Err(named(&"there is no certificate in it"));
    }
    Ok(roots)
}
