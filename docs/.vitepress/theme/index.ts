import theme from "vitepress/theme-without-fonts";
import "./type.css";

export default theme;
