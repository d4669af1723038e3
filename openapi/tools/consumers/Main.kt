import com.google.gson.GsonBuilder
import com.google.gson.JsonParser
import org.creditpocket.models.LoanPageResponse
import java.io.File

fun main(args: Array<String>) {
    val raw = File(args[0]).readText()
    val page = GsonBuilder().serializeNulls().create().fromJson(raw, LoanPageResponse::class.java)
    println("kotlin: ${page.data.list.size} loans, the first ${page.data.list[0].indentNo}, status ${page.data.list[0].status}")
}
