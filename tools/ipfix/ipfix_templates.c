/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipfix_templates.c - templates of libfixbuf, see ipfix_templates.h. */
#include "tools/ipfix/ipfix_templates.h"

/* ntop's enterprise number and its element for the SNI of TLS. */
#define NTOP 35632
#define NTOP_TLS_SERVER_NAME 188

/* Kinds of templates that have an element; 0: all. */
#define V4 1u
#define V6 2u
#define START 4u
#define COUNTS 8u
#define INTERNAL 16u

static fbInfoElementSpec_t flow_elements[] = {
	{ "flowStartMilliseconds", 8, START },
	{ "flowEndMilliseconds", 8, 0 },
	{ "octetDeltaCount", 8, COUNTS },
	{ "packetDeltaCount", 8, COUNTS },
	{ "reverseOctetDeltaCount", 8, COUNTS },
	{ "reversePacketDeltaCount", 8, COUNTS },
	{ "sourceIPv6Address", 16, V6 },
	{ "destinationIPv6Address", 16, V6 },
	{ "postNATSourceIPv6Address", 16, V6 },
	{ "postNATDestinationIPv6Address", 16, V6 },
	{ "sourceIPv4Address", 4, V4 },
	{ "destinationIPv4Address", 4, V4 },
	{ "postNATSourceIPv4Address", 4, V4 },
	{ "postNATDestinationIPv4Address", 4, V4 },
	{ "ingressInterface", 4, 0 },
	{ "egressInterface", 4, 0 },
	{ "sourceTransportPort", 2, 0 },
	{ "destinationTransportPort", 2, 0 },
	{ "postNAPTSourceTransportPort", 2, 0 },
	{ "postNAPTDestinationTransportPort", 2, 0 },
	{ "applicationId", IPFIX_APPLICATION_LEN, 0 },
	{ "protocolIdentifier", 1, 0 },
	{ "flowEndReason", 1, 0 },
	{ "biflowDirection", 1, 0 },
	{ "paddingOctets", 1, INTERNAL },
	{ "tlsServerName", FB_IE_VARLEN, 0 },
	FB_IESPEC_NULL
};

static fbInfoElementSpec_t application_elements[] = {
	{ "applicationId", IPFIX_APPLICATION_LEN, 0 },
	{ "applicationName", IPFIX_NAME_MAX, 0 },
	{ "applicationDescription", IPFIX_NAME_MAX, 0 },
	FB_IESPEC_NULL
};

/* Interfaces of either direction have their names here. */
static fbInfoElementSpec_t interface_elements[] = {
	{ "ingressInterface", 4, 0 },
	{ "interfaceName", IF_NAMESIZE, 0 },
	{ "interfaceDescription", IPFIX_NAME_MAX, 0 },
	FB_IESPEC_NULL
};

fbInfoModel_t *ipfix_model_new(void)
{
	static fbInfoElement_t elements[] = {
		FB_IE_INIT_FULL("tlsServerName", NTOP, NTOP_TLS_SERVER_NAME,
				FB_IE_VARLEN, FB_IE_F_NONE, 0, 0, FB_STRING,
				NULL),
		FB_IE_NULL
	};
	fbInfoModel_t *model = fbInfoModelAlloc();

	if (model != NULL)
		fbInfoModelAddElementArray(model, elements);
	return model;
}

/* ---- a session ---- */

static bool add(fbSession_t *session, fbInfoModel_t *model, uint16_t id,
		fbInfoElementSpec_t *elements, uint32_t kind, uint16_t scope)
{
	fbTemplate_t *template = fbTemplateAlloc(model);
	bool is_internal = (kind & INTERNAL) != 0;
	GError *error = NULL;

	if (!fbTemplateAppendSpecArray(template, elements, kind, &error)) {
		fbTemplateFreeUnused(template);
		g_clear_error(&error);
		return false;
	}
	if (scope != 0 && !is_internal)
		fbTemplateSetOptionsScope(template, scope);
	if (fbSessionAddTemplate(session, is_internal, id, template,
				 &error) != 0)
		return true;
	fbTemplateFreeUnused(template);
	g_clear_error(&error);
	return false;
}

static bool add_flows(fbSession_t *session, fbInfoModel_t *model)
{
	for (unsigned kind = 0; kind < IPFIX_FLOW_KINDS; kind++) {
		uint32_t elements = ((kind & 1) != 0 ? V6 : V4) |
				    ((kind & 2) != 0 ? START : 0) |
				    ((kind & 4) != 0 ? COUNTS : 0);

		if (!add(session, model, (uint16_t)(IPFIX_FLOW + kind),
			 flow_elements, elements, 0))
			return false;
	}
	return true;
}

bool ipfix_templates_add(fbSession_t *session, fbInfoModel_t *model)
{
	return add(session, model, IPFIX_INTERNAL_FLOW, flow_elements,
		   UINT32_MAX, 0) &&
	       add(session, model, IPFIX_INTERNAL_APPLICATION,
		   application_elements, UINT32_MAX, 0) &&
	       add(session, model, IPFIX_INTERNAL_INTERFACE,
		   interface_elements, UINT32_MAX, 0) &&
	       add_flows(session, model) &&
	       add(session, model, IPFIX_APPLICATION, application_elements, 0,
		   1) &&
	       add(session, model, IPFIX_INTERFACE, interface_elements, 0, 1);
}

uint16_t ipfix_flow_template(bool is_v6, bool has_start, bool is_counted)
{
	return (uint16_t)(IPFIX_FLOW + (is_v6 ? 1 : 0) + (has_start ? 2 : 0) +
			  (is_counted ? 4 : 0));
}
