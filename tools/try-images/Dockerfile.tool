# Stands in for the image of one of the deployment's tools, which hold one static program each.
FROM scratch
ARG TOOL
COPY --chmod=0755 ${TOOL} /${TOOL}
