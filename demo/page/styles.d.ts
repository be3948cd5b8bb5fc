/** The bundler handles style sheets: importing one adds it to the page. */
declare module "*.css";
