//! Spanish.

use super::{Said, Saying};

pub(super) fn say(saying: Saying, firm: &str, name: &str) -> Said {
    match saying {
        Saying::Login => Said::new(
            format!("Acceder a {firm}"),
            &["Pulse el botón para acceder. El enlace funciona una sola vez."],
        )
        .button("Acceder"),
        Saying::LoginAgain => Said::new(
            "Este enlace ya no es válido",
            &["Ya se ha usado o es demasiado antiguo. Podemos enviarle uno nuevo por correo."],
        )
        .button("Enviarme un enlace nuevo"),
        Saying::LoginVoid => Said::new(
            "Este enlace ya no es válido",
            &[&format!("Acceda a {firm} como de costumbre, o pida allí un enlace nuevo.")],
        ),
        Saying::LinkSent => Said::new(
            "Un enlace nuevo está en camino",
            &["Mire su buzón dentro de uno o dos minutos, también la carpeta de correo no deseado. \
               Puede cerrar esta página."],
        ),
        Saying::LinkJustSent => Said::new(
            "Le enviamos un enlace hace poco",
            &["Mire su buzón, también la carpeta de correo no deseado. Si no llega nada, inténtelo \
               de nuevo más tarde."],
        ),
        Saying::LoggedIn => Said::new(
            format!("Ha accedido, {name}"),
            &[&format!("Un paso más: pulse el botón para continuar a {firm}.")],
        )
        .button(format!("Continuar a {firm}")),
        Saying::Nowhere => Said::new(
            "Todavía no puede continuar desde aquí",
            &[
                &format!(
                    "{firm} aún no ha indicado dónde se abren sus conversaciones. No se pierde \
                     nada: lo que le han escrito se conserva, y este enlace no se ha gastado."
                ),
                &format!(
                    "Por favor, avise a {firm} y vuelva a abrir el enlace cuando lo hayan hecho."
                ),
            ],
        ),
        Saying::StopContact => Said::new(
            "¿No recibir más estos correos?",
            &[&format!(
                "Pulse el botón y no recibirá más correos de {firm} sobre mensajes nuevos, tareas y \
                 recordatorios. Sus conversaciones se conservan."
            )],
        )
        .button("No recibir más correos"),
        Saying::StopMember => Said::new(
            "¿No recibir más estos correos?",
            &[&format!(
                "Pulse el botón y no recibirá más correos sobre lo que ocurre en sus conversaciones \
                 en {firm}. Su bandeja de entrada allí sigue igual."
            )],
        )
        .button("No recibir más correos"),
        Saying::StoppedContact => Said::new(
            "Ya no recibirá estos correos",
            &[&format!(
                "Puede volver a activarlos cuando quiera: acceda y active los correos en sus \
                 preferencias, o pídaselo a {firm}."
            )],
        ),
        Saying::StoppedMember => Said::new(
            "Ya no recibirá estos correos",
            &["Puede volver a activarlos cuando quiera: acceda y elija en sus preferencias de qué \
               quiere recibir avisos por correo."],
        ),
        Saying::Unknown => Said::new(
            "Aquí no hay nada",
            &["Quizá el enlace está incompleto. Ábralo de nuevo desde el correo."],
        ),
        Saying::Later => Said::new(
            "Ahora mismo no es posible",
            &["No se ha hecho nada. Inténtelo de nuevo dentro de un minuto."],
        ),
    }
}
