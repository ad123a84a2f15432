//! Spanish.

use super::{End, Login, Said, Subjects, ToContact, ToMember, Words};
use tidings_protocol::InboxKind;
use tidings_storage::letter::AnswerProblem;

pub(super) static WORDS: Words = Words {
    code: "es",
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    date: |day, month, year| format!("{day} de {month} de {year}"),
    hello: |name| format!("Hola, {name}:"),
    hello_you: "Hola:",
    subject: Subjects {
        contact: |firm| format!("Mensaje de {firm}"),
        member: "Novedades en una conversación con un cliente",
        digest: "Resumen de sus conversaciones",
        login: |firm| format!("Su enlace de acceso a {firm}"),
        undelivered: "No se ha entregado un correo a su cliente",
        refused: "Su respuesta no se ha entregado",
        attachments: "Su respuesta se ha entregado sin los archivos adjuntos",
    },
    contact: ToContact {
        started: |firm, messages| match messages {
            0 | 1 => format!("Tiene una nueva conversación con {firm}."),
            n => format!("Tiene una nueva conversación con {firm}, con {n} mensajes sin leer."),
        },
        messages: |firm, messages| match messages {
            0 | 1 => format!("Tiene un mensaje nuevo en una conversación con {firm}."),
            n => format!("Tiene {n} mensajes nuevos en una conversación con {firm}."),
        },
        changed: |firm| format!("Hay novedades en una conversación con {firm}."),
        tasks: |tasks| match tasks {
            0 | 1 => "Tiene una tarea pendiente.".to_owned(),
            n => format!("Tiene {n} tareas pendientes."),
        },
        reminder: |firm, which, of| match of {
            0 | 1 => format!("Este es un recordatorio: {firm} espera su respuesta."),
            of => format!("Este es el recordatorio {which} de {of}: {firm} espera su respuesta."),
        },
        stops_by_answer: "En cuanto haya respondido, no recibirá más recordatorios.",
        stops_by_tasks: "En cuanto las tareas estén hechas y lo haya leído todo, no recibirá más \
                         recordatorios.",
        stops_by_reading: "En cuanto lo haya leído todo, no recibirá más recordatorios.",
        resent: |firm| format!("{firm} desea llamar de nuevo su atención sobre esta conversación."),
    },
    member: ToMember {
        happened: |kind| match kind {
            InboxKind::ThreadStarted => "Un cliente ha iniciado una conversación.",
            InboxKind::ContactAnswered => "Un cliente ha respondido.",
            InboxKind::TasksChanged => "Un cliente ha marcado o desmarcado tareas.",
            InboxKind::AllTasksCompleted => "Todas las tareas están hechas.",
            InboxKind::ColleagueAnswered => {
                "Alguien del equipo ha respondido en una conversación que usted sigue."
            }
            InboxKind::Mentioned => "Le han mencionado.",
            InboxKind::DeliveryFailed => "No se ha podido entregar un correo al cliente.",
        },
        unread: |messages| match messages {
            0 | 1 => "Hay un mensaje sin leer.".to_owned(),
            n => format!("Hay {n} mensajes sin leer."),
        },
        tasks: |tasks| match tasks {
            0 | 1 => "Hay una tarea pendiente.".to_owned(),
            n => format!("Hay {n} tareas pendientes."),
        },
        undelivered: [
            "No se ha podido entregar un correo a un contacto del cliente.",
            "Compruebe la dirección.",
        ],
        undelivered_to: |names| {
            [
                format!("No se ha podido entregar un correo a {names}."),
                "Compruebe la dirección.".to_owned(),
            ]
        },
    },
    login: Login {
        what: |firm| format!("Con este enlace accede a {firm}."),
        once: "Funciona una sola vez y durante poco tiempo. No se lo pase a nadie.",
        ignore: "Si no lo ha solicitado, puede ignorar este correo: no ocurrirá nada.",
        button: "Acceder",
    },
    refused: |problem, firm| {
        match problem {
        AnswerProblem::NotTaken => format!(
            "Gracias por su respuesta. Lamentablemente no se ha entregado, porque {firm} no recibe \
             respuestas por correo. Escríbala, por favor, en la propia conversación."
        ),
        AnswerProblem::Archived => "Gracias por su respuesta. Lamentablemente no se ha entregado, \
                                    porque la conversación está cerrada."
            .to_owned(),
        AnswerProblem::Expired => "Gracias por su respuesta. Lamentablemente no se ha entregado, \
                                   porque el correo al que ha respondido es demasiado antiguo. \
                                   Escríbala, por favor, en la propia conversación."
            .to_owned(),
        AnswerProblem::Empty => {
            "Gracias por su respuesta. Lamentablemente no hemos encontrado en ella \
                                 más texto que citas y una firma, así que no se ha registrado nada. \
                                 Escriba su respuesta, por favor, en la propia conversación."
                .to_owned()
        }
        AnswerProblem::TooLong => "Gracias por su respuesta. Lamentablemente no se ha entregado, \
                                   porque es demasiado larga para un solo mensaje. Escríbala, por \
                                   favor, en la propia conversación, en varios mensajes."
            .to_owned(),
        AnswerProblem::AttachmentsLeftOut => {
            "Gracias. Su respuesta se ha entregado, pero sin los archivos adjuntos: no se pueden \
             recibir por correo."
                .to_owned()
        }
        AnswerProblem::Team => {
            "Su respuesta no se ha entregado: solo los clientes pueden responder \
                                por correo. Escríbala, por favor, en la propia conversación."
                .to_owned()
        }
    }
    },
    content: Said {
        client: |account| format!("Cliente: {account}"),
        cut: "El mensaje continúa en la conversación.",
        earlier: |messages| match messages {
            0 | 1 => "Hay un mensaje anterior sin leer.".to_owned(),
            n => format!("Hay {n} mensajes anteriores sin leer."),
        },
        tasks: "Tareas pendientes",
        more_tasks: |tasks| match tasks {
            0 | 1 => "y una más".to_owned(),
            n => format!("y {n} más"),
        },
        button: "Abrir la conversación",
        threads: |threads| match threads {
            0 | 1 => "Hay novedades en una conversación.".to_owned(),
            n => format!("Hay novedades en {n} conversaciones."),
        },
    },
    end: End {
        answer: "Puede responder directamente a este correo: su respuesta aparecerá en la \
                 conversación.",
        no_answer: "Responda, por favor, en la propia conversación: las respuestas a este correo no se \
                    entregan.",
        secret: "Este correo es solo para usted. No lo reenvíe.",
        why_contact: |firm| {
            format!("Recibe este correo porque participa en conversaciones con {firm}.")
        },
        why_member: |firm| format!("Recibe este correo porque forma parte del equipo de {firm}."),
        unsubscribe: "Cancelar la suscripción",
    },
};
